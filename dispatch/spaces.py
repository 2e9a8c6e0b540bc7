"""Whether an address belongs to the scan of a task: results from elsewhere are refused."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Invalid, JobNotFound, JobNotOwned
from domain.space import Segment
from queues.keys import SiteKeys
from queues.scans import ScanStore
from queues.tasks import Holder, Lease, TaskStore

TASKS_REMEMBERED = 50_000
SEGMENTS_REMEMBERED = 2_000
SPACES_REMEMBERED = 8

Result = dict[str, Any]
Place = tuple[str, int, int]  # site, scan, start of a segment


class Space:
    """All segments of a scan, found by address or by name."""

    def __init__(self, segments: list[Segment]) -> None:
        self._names = {segment.name for segment in segments if segment.name is not None}
        self._segments = [segment for segment in segments if segment.blocks]
        self._firsts = [(s.blocks[0].version, s.blocks[0].first) for s in self._segments]

    def holds(self, result: Result) -> bool:
        """Whether a result is about one of the targets."""
        if result.get("name") in self._names:
            return True
        address = ipaddress.ip_address(result["host"])
        at = bisect_right(self._firsts, (int(address.version), int(address))) - 1
        return at >= 0 and self._segments[at].holds(address)


@dataclass
class Spaces:
    """Remembers what it has read of tasks and scans: their segments never change."""

    tasks: TaskStore
    scans: ScanStore
    _places: OrderedDict[tuple[str, int], Place] = field(default_factory=OrderedDict)
    _parts: OrderedDict[Place, Space] = field(default_factory=OrderedDict)
    _whole: OrderedDict[tuple[str, int], Space] = field(default_factory=OrderedDict)

    def learn(self, keys: SiteKeys, lease: Lease) -> None:
        """Remember what a claim said of a task."""
        self._remember(
            keys, lease.task, (keys.site, lease.scan, lease.segment.start), lease.segment
        )

    def check(self, holder: Holder, task: int, results: list[Result]) -> None:
        """Raise Invalid naming each result that lies outside the scan's targets.

        Who never held the task learns nothing of them: JobNotOwned.
        """
        scan, part = self._part_of(holder.keys, task)
        outside = [i for i, result in enumerate(results) if not part.holds(result)]
        if outside:
            self._check_holder(holder, task)
            whole = self._all(holder.keys, scan)
            outside = [i for i in outside if not whole.holds(results[i])]
        if outside:
            sentence = "This address is outside the scan's targets."
            raise Invalid({f"results.{i}.host": [sentence] for i in outside[:10]})

    def _part_of(self, keys: SiteKeys, task: int) -> tuple[int, Space]:
        place = self._places.get((keys.site, task))
        if place is None or place not in self._parts:
            place = self._look_up(keys, task)
        return place[1], self._parts[place]

    def _look_up(self, keys: SiteKeys, task: int) -> Place:
        record = self.tasks.get(keys, task)
        segment = record and self.scans.segment(keys, int(record["scan"]), record["segment"])
        if not record or not segment:
            raise JobNotFound(f"Job {task} does not exist in this site.")
        place = (keys.site, int(record["scan"]), segment.start)
        self._remember(keys, task, place, segment)
        return place

    def _remember(self, keys: SiteKeys, task: int, place: Place, segment: Segment) -> None:
        self._places[keys.site, task] = place
        _trim(self._places, TASKS_REMEMBERED)
        if place not in self._parts:
            self._parts[place] = Space([segment])
            _trim(self._parts, SEGMENTS_REMEMBERED)

    def _check_holder(self, holder: Holder, task: int) -> None:
        record = self.tasks.get(holder.keys, task) or {}
        if str(holder.scanner) not in record.get("holders", "").split(","):
            raise JobNotOwned

    def _all(self, keys: SiteKeys, scan: int) -> Space:
        if (keys.site, scan) not in self._whole:
            self._whole[keys.site, scan] = Space(self.scans.segments(keys, scan))
            _trim(self._whole, SPACES_REMEMBERED)
        return self._whole[keys.site, scan]


def _trim(memory: OrderedDict[Any, Any], most: int) -> None:
    while len(memory) > most:
        memory.popitem(last=False)
