"""Whether an address belongs to the scan of a task: results from elsewhere are refused."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Invalid, JobNotFound, JobNotOwned
from domain.space import Segment
from queues.keys import SiteKeys
from queues.scans import ScanStore
from queues.tasks import Holder, Lease, TaskStore

TASKS_REMEMBERED = 20_000
SCANS_REMEMBERED = 8

Result = dict[str, Any]
Place = tuple[int, Segment]


@dataclass
class Spaces:
    """Remembers the segment of tasks seen in this process: a segment never changes."""

    tasks: TaskStore
    scans: ScanStore
    _places: OrderedDict[tuple[str, int], Place] = field(default_factory=OrderedDict)
    _whole: OrderedDict[tuple[str, int], list[Segment]] = field(default_factory=OrderedDict)

    def learn(self, keys: SiteKeys, lease: Lease) -> None:
        """Remember what a claim said."""
        self._places[keys.site, lease.task] = (lease.scan, lease.segment)
        _trim(self._places, TASKS_REMEMBERED)

    def check(self, holder: Holder, task: int, results: list[Result]) -> None:
        """Raise Invalid naming each result that lies outside the scan's targets.

        Who never held the task learns nothing of them: JobNotOwned.
        """
        keys = holder.keys
        scan, segment = self._places.get((keys.site, task)) or self._look_up(keys, task)
        outside = [i for i, result in enumerate(results) if not _inside(result, [segment])]
        if outside:
            whole = self._all(keys, scan)
            outside = [i for i in outside if not _inside(results[i], whole)]
        if outside:
            self._check_holder(holder, task)
            sentence = "This address is outside the scan's targets."
            raise Invalid({f"results.{i}.host": [sentence] for i in outside[:10]})

    def _check_holder(self, holder: Holder, task: int) -> None:
        record = self.tasks.get(holder.keys, task) or {}
        if str(holder.scanner) not in record.get("holders", "").split(","):
            raise JobNotOwned

    def _look_up(self, keys: SiteKeys, task: int) -> Place:
        record = self.tasks.get(keys, task)
        found = record and self.scans.segment(keys, int(record["scan"]), record["segment"])
        if not record or not found:
            raise JobNotFound(f"Job {task} does not exist in this site.")
        self._places[keys.site, task] = (int(record["scan"]), found)
        _trim(self._places, TASKS_REMEMBERED)
        return int(record["scan"]), found

    def _all(self, keys: SiteKeys, scan: int) -> list[Segment]:
        whole = self._whole.get((keys.site, scan))
        if whole is None:
            whole = self._whole[keys.site, scan] = self.scans.segments(keys, scan)
            _trim(self._whole, SCANS_REMEMBERED)
        return whole


def _trim(memory: OrderedDict[Any, Any], most: int) -> None:
    while len(memory) > most:
        memory.popitem(last=False)


def _inside(result: Result, segments: Iterable[Segment]) -> bool:
    if "name" in result and any(result["name"] == segment.name for segment in segments):
        return True
    address = ipaddress.ip_address(result["host"])
    return any(segment.holds(address) for segment in segments)
