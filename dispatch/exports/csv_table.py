"""Rows as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

COLUMNS = (
    *("host", "name", "port", "protocol", "state", "service", "product", "version", "banner"),
    *("observedAt", "extra", "jobId", "scannerId", "attempt", "late"),
)
# What spreadsheets begin a formula with, after https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


_line = csv.writer(_Echo()).writerow


def write(_: Any, texts: Iterable[bytes]) -> Iterator[bytes]:
    """A header, then a line for each row; extra is JSON, what is not known is empty.

    Banners come from hosts that may be hostile: what a spreadsheet would take for a formula gets
    an apostrophe in front.
    """
    yield _encoded(COLUMNS)
    for text in texts:
        row = json.loads(text)
        yield _encoded([_cell(row.get(column)) for column in COLUMNS])


def _encoded(cells: Iterable[str]) -> bytes:
    line: Any = _line(cells)
    encoded: bytes = line.encode()
    return encoded


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return "" if value is None else json.dumps(value)
