"""What operators have done with scans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.coverage import coverage_view, written
from dispatch.scan_views import scan_view, task_view
from domain.engines import ENGINES, wrong_arguments
from domain.errors import Conflict, Invalid, InvalidTransition, NotFound
from domain.intervals import without
from domain.ports import Ports, parse_ports
from domain.space import Segment, SpaceError, build_segments
from domain.states import FINISHED
from domain.targets import AddressRange, parse_target
from queues.keys import SiteKeys
from queues.results import ResultStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.store import Asked, Page, Record

MAX_QUEUES = 100

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans of a site. A view has the fields of the resource in api.md, in snake case."""

    store: ScanStore
    results_store: ResultStore
    scanners: ScannerStore
    default_max_attempts: int

    def create(self, keys: SiteKeys, wanted: View, asked: Asked) -> View:
        """Put a scan in its queues. Raises Invalid naming the fields that are wrong.

        wanted: the fields to create of api.md in snake case, each of the right form already.
        """
        queues = [f"s{i}" for i in dict.fromkeys(wanted.get("scanner_ids") or [])]
        queues += [f"g{i}" for i in dict.fromkeys(wanted.get("group_ids") or [])]
        if not 1 <= len(queues) <= MAX_QUEUES:
            sentence = f"Name 1 to {MAX_QUEUES} scanners and groups; these are {len(queues)}."
            raise Invalid({"scannerIds": [sentence]})
        self._check_engine(keys, wanted)
        segments = _segments(wanted)
        fields = self._record(wanted, parse_ports(wanted["ports"]), segments)
        scan, _ = self.store.create(keys, fields, segments, queues, asked=asked)
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
        return scan_view(self._record_of(keys, scan), self.store.explain(keys, scan))

    def some(self, keys: SiteKeys, *, status: str, limit: int, cursor: str) -> Page:
        """A page of scans, newest first."""
        page = self.store.some(keys, status=status, limit=limit, cursor=cursor)
        views = [scan_view(r, self.store.explain(keys, int(r["id"]))) for r in page.items]
        return Page(views, page.next_cursor)

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

    def export(self, keys: SiteKeys, scan: int) -> Iterator[View]:
        """Every result, one for each host, protocol and port: the newest."""
        self._record_of(keys, scan)
        newest: dict[tuple[str, str, int], View] = {}
        for _, row in self.results_store.rows(keys, scan):
            newest[row["host"], row.get("protocol", ""), row.get("port", 0)] = row
        return iter(newest.values())

    def coverage(self, keys: SiteKeys, scan: int) -> View:
        """What was scanned, as proof: counts, and the ranges of each state."""
        record = self._record_of(keys, scan)
        segments = self.store.segments(keys, scan)
        return coverage_view(int(record["total"]), self.store.covered(keys, scan), segments)

    def _record_of(self, keys: SiteKeys, scan: int) -> Record:
        record = self.store.get(keys, scan)
        if record is None:
            raise NotFound(f"There is no scan {scan} in this site.")
        return record

    def _check_engine(self, keys: SiteKeys, wanted: View) -> None:
        engine = wanted["engine"]
        known = sorted({*ENGINES, *self.scanners.engines(keys)})
        if engine not in known:
            sentence = f"No scanner has ever reported this engine; there are {', '.join(known)}."
            raise Invalid({"engine": [sentence]})
        if wrong := wrong_arguments(engine, wanted.get("engine_args") or {}):
            raise Invalid({f"engineArgs.{name}": sentences for name, sentences in wrong.items()})

    def _record(self, wanted: View, ports: Ports, segments: list[Segment]) -> dict[str, str | int]:
        job: View = {
            "ports": ports.text,
            "engine": wanted["engine"],
            "engineArgs": wanted.get("engine_args") or {},
        }
        if any(segment.names for segment in segments):
            job |= {"exclusions": wanted.get("exclude") or [], "scopes": []}
        return {
            "spec": json.dumps(wanted),
            "job": json.dumps(job),
            "engine": wanted["engine"],
            "ports": ports.count,
            "rate": wanted.get("max_probes_per_second") or "",
            "hosts_per_task": wanted.get("hosts_per_task") or "",
            "retry_failed": int(wanted.get("retry_failed") or False),
            "max_attempts": wanted.get("max_attempts") or self.default_max_attempts,
        }


def _segments(wanted: View) -> list[Segment]:
    targets = [parse_target(text) for text in wanted["targets"]]
    excluded = [parse_target(text) for text in wanted.get("exclude") or []]
    try:
        return build_segments(targets, [r for r in excluded if isinstance(r, AddressRange)])
    except SpaceError as problem:
        raise Invalid({"targets": [str(problem)]}) from problem
