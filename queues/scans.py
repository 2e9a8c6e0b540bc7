"""Scans: their records, segments, tasks and coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.space import Segment
from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Asked, Page, Record, Store, flat

COVERED_STATES = ("done", "failed", "excluded")
INTERVALS_A_READ = 10_000


class ScanStore(Store):
    """A record has the fields of lua/create_scan.lua; spec and job in it are JSON."""

    def create(
        self,
        keys: SiteKeys,
        fields: Mapping[str, str | int],
        segments: list[Segment],
        queues: list[str],
        *,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Put a scan in its queues ('s' or 'g' and an id); answers its id, and if it was there."""
        parts = [part for s in segments for part in (f"{s.start}:{s.end}", s.encode())]
        counts = (segments[-1].end, len(fields), len(queues))
        answer = self.scripts.run(
            "create_scan", keys, asked.name, asked.digest, *counts, *flat(fields), *queues, *parts
        )
        return int(accepted(answer, "Scan")[0]), answer[0] == "repeated"

    def cancel(self, keys: SiteKeys, scan: int, *, reason: str) -> None:
        """Drop what is open; who holds a task of it is told to stop."""
        accepted(self.scripts.run("cancel_scan", keys, scan, reason), f"Scan {scan}")

    def get(self, keys: SiteKeys, scan: int) -> Record | None:
        """One record, or None."""
        found = self.record(keys, "scan", scan)
        return {"id": str(scan), **found} if found else None

    def some(self, keys: SiteKeys, *, status: str, limit: int, cursor: str) -> Page:
        """A page of records, of one status or ('') of all."""
        index = ("scans", status) if status else ("scans",)
        return self.page(keys, index, "scan", limit=limit, cursor=cursor)

    def explain(self, keys: SiteKeys, scan: int) -> str:
        """The code of why it waits, or ''."""
        return str(self.scripts.look("explain", keys, scan)[0])

    def tasks(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of the tasks that are kept, newest first."""
        return self.page(keys, ("scan", scan, "tasks"), "task", limit=limit, cursor=cursor)

    def segment(self, keys: SiteKeys, scan: int, number: str) -> Segment | None:
        """One segment, or None where the scan is gone."""
        text = self.client.hget(keys.of("scan", scan, "segments"), number)
        return Segment.decode(text) if text else None

    def segments(self, keys: SiteKeys, scan: int) -> list[Segment]:
        """All segments, in order."""
        texts = self.client.hgetall(keys.of("scan", scan, "segments"))
        return [Segment.decode(texts[number]) for number in sorted(texts, key=int)]

    def covered(self, keys: SiteKeys, scan: int, state: str) -> Iterator[tuple[int, int]]:
        """The merged intervals [first, last) of done, failed or excluded, ascending."""
        at = 0
        while True:
            stop = at + INTERVALS_A_READ - 1
            rows = self.client.zrange(keys.of("scan", scan, state), at, stop)
            for row in rows:
                first, _, last = row.partition(":")
                yield int(first), int(last)
            if len(rows) < INTERVALS_A_READ:
                return
            at += len(rows)
