"""What operators have done with scans."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dispatch.coverage import coverage_view, range_text, written
from dispatch.recutting import Recutting
from dispatch.scan_plan import plan_scan
from dispatch.scan_views import scan_view, task_view
from dispatch.sites import Sites
from domain.engines import ENGINES
from domain.errors import Conflict, Invalid, InvalidTransition, NotFound, RulesChanged
from domain.intervals import without
from domain.rules import Rules
from domain.space import Segment
from domain.states import ACTIVE, FINISHED
from domain.targets import AddressRange, parse_target
from queues.keys import SiteKeys
from queues.memory import CREATES_BELOW, Memory
from queues.port_lists import PortListStore
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
    port_lists: PortListStore
    recutting: Recutting
    sites: Sites
    memory: Memory

    def create(self, keys: SiteKeys, wanted: View, asked: Asked) -> View:
        """Put a scan in its queues. Raises Invalid naming the fields that are wrong.

        wanted: the fields to create of api.md in snake case, each of the right form already.
        """
        before = self.store.made_by(keys, asked)
        if before is not None:
            return self.get(keys, before)
        self.memory.check(CREATES_BELOW)
        known = {*ENGINES, *self.scanners.engines(keys)}
        wanted = self._with_ports(keys, wanted)
        settings = self.sites.settings_of(keys)

        def put(rules: Rules) -> int:
            plan = plan_scan(wanted, known, settings, rules)
            return self.store.create(
                keys,
                plan.fields,
                plan.segments,
                plan.queues,
                openings=plan.openings,
                rules=rules.version,
                port_list=wanted.get("port_list_id"),
                asked=asked,
            )[0]

        return self.get(keys, self.recutting.rules.under(keys, put))

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
        wanted = {**json.loads(record["spec"]), "targets": targets}
        try:
            return self.create(keys, self._allowed_now(keys, wanted), asked)
        except Invalid as refused:
            if "targets" in refused.errors:
                raise Conflict(refused.detail) from refused
            raise

    def delete(self, keys: SiteKeys, scan: int) -> None:
        """Forget a finished scan, its results too. Raises NotFound or InvalidTransition."""
        self.store.delete(keys, scan)

    def get(self, keys: SiteKeys, scan: int) -> View:
        """One scan. Raises NotFound."""
        return self._view(keys, self._up_to_date(keys, scan))

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
        record = self._up_to_date(keys, scan)
        segments = self.store.segments(keys, scan)
        return coverage_view(int(record["total"]), self.store.covered(keys, scan), segments)

    def _view(self, keys: SiteKeys, record: Record) -> View:
        waits = record["status"] not in FINISHED
        return scan_view(record, *self._explained(keys, int(record["id"])) if waits else ("", ""))

    def _up_to_date(self, keys: SiteKeys, scan: int) -> Record:
        """The record of a scan, cut by the rules of now if it is being worked on."""
        record = self._record_of(keys, scan)
        version = str(self.recutting.rules.of(keys).version)
        if record["status"] not in ACTIVE or record.get("rules", "0") == version:
            return record
        with suppress(RulesChanged):
            self.recutting.recut(keys, scan)
        return self._record_of(keys, scan)

    def _explained(self, keys: SiteKeys, scan: int) -> tuple[str, str]:
        least_rate = self.sites.settings_of(keys).min_probes_per_second
        return self.store.explain(keys, scan, least_rate=least_rate)

    def _allowed_now(self, keys: SiteKeys, wanted: View) -> View:
        """A scan made under other rules: without what is out of scope, or a port list, by now."""
        targets = map(parse_target, wanted["targets"])
        ranges = [target for target in targets if isinstance(target, AddressRange)]
        outside = map(range_text, self.recutting.rules.of(keys).outside_scopes(ranges))
        port_list = wanted.get("port_list_id")
        if port_list is not None and self.port_lists.get(keys, port_list) is None:
            port_list = None
        exclude = [*(wanted.get("exclude") or []), *outside]
        return {**wanted, "exclude": exclude, "port_list_id": port_list}

    def _with_ports(self, keys: SiteKeys, wanted: View) -> View:
        """The ports of the port list that is meant, as it is now; a rerun has ports already."""
        port_list = wanted.get("port_list_id")
        if port_list is None or wanted.get("ports"):
            return wanted
        record = self.port_lists.get(keys, port_list)
        if record is None:
            sentence = f"There is no port list {port_list} in this site."
            raise Invalid({"portListId": [sentence]})
        return {**wanted, "ports": record["ports"]}

    def _record_of(self, keys: SiteKeys, scan: int) -> Record:
        record = self.store.get(keys, scan)
        if record is None:
            raise NotFound(f"There is no scan {scan} in this site.")
        return record
