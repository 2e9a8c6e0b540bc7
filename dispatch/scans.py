"""What operators have done with scans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dispatch.coverage import coverage_view, written
from dispatch.scan_plan import plan_scan
from dispatch.scan_views import scan_view, task_view
from dispatch.sites import Sites
from domain.engines import ENGINES
from domain.errors import Conflict, InvalidTransition, NotFound
from domain.intervals import without
from domain.space import Segment
from domain.states import FINISHED, ScanStatus
from queues.keys import SiteKeys
from queues.memory import CREATES_BELOW, Memory
from queues.results import ResultStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.store import Asked, Page, Record

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans of a site. A view has the fields of the resource in api.md, in snake case."""

    store: ScanStore
    results_store: ResultStore
    scanners: ScannerStore
    sites: Sites
    memory: Memory

    def create(self, keys: SiteKeys, wanted: View, asked: Asked) -> View:
        """Put a scan in its queues. Raises Invalid naming the fields that are wrong.

        wanted: the fields to create of api.md in snake case, each of the right form already.
        """
        self.memory.check(CREATES_BELOW)
        known = {*ENGINES, *self.scanners.engines(keys)}
        plan = plan_scan(wanted, known, self.sites.settings_of(keys))
        scan, _ = self.store.create(keys, plan.fields, plan.segments, plan.queues, asked=asked)
        return self.get(keys, scan)

    def cancel(self, keys: SiteKeys, scan: int) -> View:
        """Drop what is open; whoever holds a task is told to stop."""
        self.store.cancel(keys, scan, reason="canceled by an operator")
        return self.get(keys, scan)

    def pause(self, keys: SiteKeys, scan: int) -> View:
        """Hand out nothing more; whoever holds a task is told to pause."""
        self.store.pause(keys, scan, reason="paused by an operator")
        return self.get(keys, scan)

    def resume(self, keys: SiteKeys, scan: int) -> View:
        """Hand it out again, from its old place."""
        self.store.resume(keys, scan, reason="resumed by an operator")
        return self.get(keys, scan)

    def rerun(self, keys: SiteKeys, scan: int, asked: Asked) -> View:
        """A new scan of what is not done of a finished one. Raises Conflict or Invalid."""
        record = self._record_of(keys, scan)
        if record["status"] not in FINISHED:
            raise InvalidTransition(
                f"Scan {scan} is {record['status']}; rerun it when it has ended."
            )
        done = self.store.covered(keys, scan)["done"]
        rest = without([(0, int(record["total"]))], done)
        if not rest:
            raise Conflict(f"Every address of scan {scan} is done; nothing is left to rerun.")
        targets = written(self.store.segments(keys, scan), rest)
        return self.create(keys, {**json.loads(record["spec"]), "targets": targets}, asked)

    def delete(self, keys: SiteKeys, scan: int) -> None:
        """Forget a finished scan, its results too. Raises NotFound or InvalidTransition."""
        self.store.delete(keys, scan)

    def get(self, keys: SiteKeys, scan: int) -> View:
        """One scan. Raises NotFound."""
        return self._view(keys, self._record_of(keys, scan))

    def some(self, keys: SiteKeys, *, status: str, limit: int, cursor: str) -> Page:
        """A page of scans, newest first."""
        page = self.store.some(keys, status=status, limit=limit, cursor=cursor)
        return Page([self._view(keys, record) for record in page.items], page.next_cursor)

    def tasks(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of its tasks that are kept, newest first."""
        self._record_of(keys, scan)
        page = self.store.tasks(keys, scan, limit=limit, cursor=cursor)
        segments: dict[str, Segment | None] = {}
        for record in page.items:
            number = record["segment"]
            if number not in segments:
                segments[number] = self.store.segment(keys, scan, number)
        views = [task_view(r, segments[r["segment"]]) for r in page.items]
        return Page(views, page.next_cursor)

    def results(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of its results as they came, oldest first."""
        self._record_of(keys, scan)
        return self.results_store.some(keys, scan, limit=limit, cursor=cursor)

    def coverage(self, keys: SiteKeys, scan: int) -> View:
        """What was scanned, as proof: counts, and the ranges of each state."""
        record = self._record_of(keys, scan)
        segments = self.store.segments(keys, scan)
        return coverage_view(int(record["total"]), self.store.covered(keys, scan), segments)

    def _view(self, keys: SiteKeys, record: Record) -> View:
        waits = record["status"] not in FINISHED and record["in_flight"] == "0"
        waits = waits or record["status"] in {ScanStatus.PAUSED, ScanStatus.PAUSING}
        return scan_view(record, self.store.explain(keys, int(record["id"])) if waits else "")

    def _record_of(self, keys: SiteKeys, scan: int) -> Record:
        record = self.store.get(keys, scan)
        if record is None:
            raise NotFound(f"There is no scan {scan} in this site.")
        return record
