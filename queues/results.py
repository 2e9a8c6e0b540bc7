"""Results of a scan: a stream of batches, read row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from queues.keys import SiteKeys
from queues.store import Page, Store

BATCHES_A_READ = 50
BYTES_A_READ = 250_000

Batch = tuple[str, dict[str, str]]


class ResultStore(Store):
    """A row is a Result with jobId, scannerId, attempt and late; a cursor is batch id and index."""

    def rows(self, keys: SiteKeys, scan: int, after: str = "") -> Iterator[tuple[str, Any]]:
        """Every row after a cursor with its own, oldest first; reads as it goes."""
        batch, _, index = after.partition(".")
        skip, start = (int(index) + 1, batch) if after else (0, "-")
        while batches := self._batches(keys, scan, start):
            for entry, fields in batches:
                yield from islice(_rows(entry, fields), skip, None)
                skip, start = 0, f"({entry}"

    def some(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of rows, oldest first."""
        items: list[Any] = []
        last = ""
        for place, row in self.rows(keys, scan, cursor):
            if len(items) == limit:
                return Page(items, last)
            items.append(row)
            last = place
        return Page(items, None)

    def _batches(self, keys: SiteKeys, scan: int, start: str) -> list[Batch]:
        """The next ones, however large they are: no more at once than memory bears."""
        _, entries = self.scripts.run_timeless(
            "read_results", keys, scan, start, BATCHES_A_READ, BYTES_A_READ
        )
        return [(entry, dict(zip(f[::2], f[1::2], strict=True))) for entry, f in entries]


def _rows(entry: str, fields: dict[str, str]) -> Iterator[tuple[str, Any]]:
    source = {
        "jobId": int(fields["task"]),
        "scannerId": int(fields["scanner"]),
        "attempt": int(fields["attempt"]),
        "late": bool(fields["late"]),
    }
    for index, row in enumerate(json.loads(fields["rows"])):
        yield f"{entry}.{index}", {**row, **source}
