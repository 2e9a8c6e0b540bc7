"""Results of a scan: a stream of batches, read row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from queues.keys import SiteKeys
from queues.store import Page, Store

BATCHES_A_READ = 50


class ResultStore(Store):
    """A row is a Result with jobId, scannerId, attempt and late; a cursor is batch id and index."""

    def rows(self, keys: SiteKeys, scan: int, after: str = "") -> Iterator[tuple[str, Any]]:
        """Every row after a cursor with its own, oldest first; reads as it goes."""
        batch, _, index = after.partition(".")
        skip, start = (int(index) + 1, batch) if after else (0, "-")
        while True:
            stream = keys.of("scan", scan, "results")
            entries = self.client.xrange(stream, min=start, count=BATCHES_A_READ)
            for entry, fields in entries:
                yield from list(_rows(entry, fields))[skip:]
                skip = 0
            if len(entries) < BATCHES_A_READ:
                return
            start = f"({entries[-1][0]}"

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


def _rows(entry: str, fields: dict[str, str]) -> Iterator[tuple[str, Any]]:
    source = {
        "jobId": int(fields["task"]),
        "scannerId": int(fields["scanner"]),
        "attempt": int(fields["attempt"]),
        "late": bool(fields["late"]),
    }
    for index, row in enumerate(json.loads(fields["rows"])):
        yield f"{entry}.{index}", {**row, **source}
