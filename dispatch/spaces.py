"""Whether an address belongs to the scan of a task: results from elsewhere are refused."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Invalid, JobNotFound, JobNotOwned
from domain.space import Segment
from queues.exchange import Holder, Lease
from queues.keys import SiteKeys
from queues.scans import ScanStore
from queues.tasks import TaskStore

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

    def lacks(self, results: list[Result], among: Iterable[int]) -> list[int]:
        """Which of them are about none of the targets; many are about the same one."""
        verdicts: dict[tuple[str | None, str], bool] = {}
        lacking = []
        for i in among:
            about = (results[i].get("name"), results[i]["host"])
            if about not in verdicts:
                verdicts[about] = self._holds(*about)
            if not verdicts[about]:
                lacking.append(i)
        return lacking

    def _holds(self, name: str | None, host: str) -> bool:
        if name in self._names:
            return True
        address = ipaddress.ip_address(host)
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

    def learn(self, keys: SiteKeys, leases: list[Lease]) -> None:
        """Remember what a claim said of tasks."""
        last = None
        for lease in leases:
            if last is None or lease.segment is not last.segment or lease.scan != last.scan:
                last, place = lease, self._remember(keys, lease.scan, lease.segment)
            self._places[keys.site, lease.task] = place
        _trim(self._places, TASKS_REMEMBERED)

    def check(self, holder: Holder, task: int, results: list[Result]) -> None:
        """Raise Invalid naming each result that lies outside the scan's targets.

        Who never held the task learns nothing of them: JobNotOwned.
        """
        scan, part = self._part_of(holder.keys, task)
        outside = part.lacks(results, range(len(results)))
        if outside:
            self._check_holder(holder, task)
            outside = self._all(holder.keys, scan).lacks(results, outside)
        if outside:
            sentence = "Neither this address nor its name is among the scan's targets."
            raise Invalid({f"results.{i}.host": [sentence] for i in outside[:10]})

    def meet(self, keys: SiteKeys, tasks: Iterable[int]) -> None:
        """Look up those that are not remembered: one round trip, and one for each segment."""
        strangers = [task for task in tasks if not self._knows(keys, task)]
        records = self.tasks.of(keys, strangers) if strangers else []
        segments: dict[tuple[str, str], Segment | None] = {}
        for task, record in zip(strangers, records, strict=True):
            if not record:
                continue
            at = (record["scan"], record["segment"])
            if at not in segments:
                segments[at] = self.scans.segment(keys, int(at[0]), at[1])
            if segment := segments[at]:
                self._places[keys.site, task] = self._remember(keys, int(at[0]), segment)
        _trim(self._places, TASKS_REMEMBERED)

    def _knows(self, keys: SiteKeys, task: int) -> bool:
        return self._places.get((keys.site, task)) in self._parts

    def _part_of(self, keys: SiteKeys, task: int) -> tuple[int, Space]:
        self.meet(keys, [task])
        if not self._knows(keys, task):
            raise JobNotFound(f"Job {task} does not exist in this site.")
        place = self._places[keys.site, task]
        return place[1], self._parts[place]

    def _remember(self, keys: SiteKeys, scan: int, segment: Segment) -> Place:
        place = (keys.site, scan, segment.start)
        if place not in self._parts:
            self._parts[place] = Space([segment])
            _trim(self._parts, SEGMENTS_REMEMBERED)
        return place

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
