"""Exports of a scan's results: one row for each host, protocol and port, the newest, in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

from dispatch.exports import csv_table, jsonl, nmap_xml
from dispatch.exports.chunks import chunked
from dispatch.exports.rows import Row, key_of, text_of
from dispatch.exports.runs import SortedRuns
from dispatch.exports.turns import in_turns
from dispatch.places import Places
from domain.errors import NotFound
from queues.keys import SiteKeys
from queues.results import ResultStore
from queues.scans import ScanStore
from queues.store import Record


@dataclass(frozen=True, slots=True)
class Form:
    """A file format: takes the scan's record and rows in order, each a line of JSON."""

    content_type: str
    extension: str
    write: Callable[[Record, Iterable[bytes]], Iterator[bytes]]


FORMS = {
    "jsonl": Form("application/jsonl", "jsonl", jsonl.write),
    "csv": Form("text/csv; charset=utf-8", "csv", csv_table.write),
    "nmap-xml": Form("application/xml", "xml", nmap_xml.write),
}


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way. chunks: closing it gives back all that it holds."""

    content_type: str
    file_name: str
    chunks: Generator[bytes]


def export(rows: Iterable[Row], form: Form, scan: Record) -> Generator[bytes]:
    """The file, in chunks. Of rows with the same key the last one wins.

    The first chunk is there when all rows have been read: what goes wrong with them is raised
    before anything is sent, and from then on only the disk is needed.
    """
    with SortedRuns() as runs:
        for row in in_turns(rows):
            runs.add(key_of(row), text_of(row))
        yield from chunked(form.write(scan, runs.newest()))


@dataclass(frozen=True, slots=True)
class Exports:
    """Exports of a site's scans."""

    scans: ScanStore
    results: ResultStore
    places: Places

    def open(self, keys: SiteKeys, scan: int, form: str) -> Export:
        """Begin one. Raises NotFound; with the first chunk also Busy. form: a name in FORMS."""
        chosen = FORMS[form]
        chunks = self._chunks(keys, scan, chosen, self._record_of(keys, scan))
        return Export(chosen.content_type, f"scan-{scan}.{chosen.extension}", chunks)

    def _chunks(self, keys: SiteKeys, scan: int, form: Form, record: Record) -> Generator[bytes]:
        with self.places.one():
            yield from export(self._rows(keys, scan), form, record)

    def _rows(self, keys: SiteKeys, scan: int) -> Iterator[Row]:
        for _, row in self.results.rows(keys, scan):
            yield row
        self._record_of(keys, scan)  # deleted meanwhile, it would look as if this were all

    def _record_of(self, keys: SiteKeys, scan: int) -> Record:
        record = self.scans.get(keys, scan)
        if record is None:
            raise NotFound(f"There is no scan {scan} in this site.")
        return record
