"""What of one attempt's reports goes into one call: a batch, the last word, or both."""

from dataclasses import dataclass
from typing import Any

from agent.job import JobRef
from agent.spool import FINAL, Entry, Record


@dataclass(frozen=True)
class Letter:
    """Entries of the spool with what they hold, in their order."""

    entries: tuple[Entry, ...]
    records: tuple[Record, ...]

    @property
    def ref(self) -> JobRef:
        """Whose it is."""
        return self.entries[0].ref

    @property
    def size(self) -> int:
        """Bytes, about."""
        return sum(entry.size for entry in self.entries)

    @property
    def has_results(self) -> bool:
        """Whether there is a batch in it."""
        return self.entries[0].place != FINAL

    def as_json(self) -> dict[str, Any]:
        """The fields of a sync's job that it sets."""
        said: dict[str, Any] = {"state": "running"}
        for entry, record in zip(self.entries, self.records, strict=True):
            said |= _fields(entry, record)
        return said


def _fields(entry: Entry, record: Record) -> dict[str, Any]:
    if record.call == "results":
        return {**record.body, "batch": entry.place}
    if record.call == "release":
        return {**record.body, "state": "released"}
    body = dict(record.body)
    return {"state": body.pop("status"), **body}
