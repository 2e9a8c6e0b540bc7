"""A bounded folder in which what is to be sent outlives a crash, one file an entry.

A file appears whole or not at all (written aside, fsynced, renamed); a checksum tells where a disk
did otherwise. Its name says job, attempt and place, so that renumbering is renaming.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from agent.errors import SpoolError
from agent.job import JobRef

FINAL: Final = 10**9  # the place of a final report: behind every batch
_UNFINISHED = ".unfinished"
_SUFFIX = ".entry"


@dataclass(frozen=True, order=True)
class Entry:
    """One call still to be made. `place` is the number of its batch, or FINAL."""

    job_id: int
    attempt: int
    place: int
    size: int = field(default=0, compare=False)

    @property
    def ref(self) -> JobRef:
        """Whose it is."""
        return JobRef(self.job_id, self.attempt)

    @property
    def file_name(self) -> str:
        """Where it lies."""
        return f"{self.job_id}-{self.attempt}-{self.place}{_SUFFIX}"


@dataclass(frozen=True)
class Record:
    """What an entry holds: which call, and its body."""

    call: str
    body: Mapping[str, Any]


class Spool:
    """The folder of one key, locked against a second agent. Not safe for threads: see Outbox.

    Raises:
        SpoolError: the folder cannot be used, or another agent uses it.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise SpoolError(f"the spool folder {folder} cannot be used: {error}") from error
        try:
            fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sweep()
        except BlockingIOError as error:
            os.close(self._directory)
            raise SpoolError(f"another agent with this key uses {folder}") from error
        except OSError as error:
            os.close(self._directory)
            raise SpoolError(f"the spool folder {folder} cannot be used: {error}") from error
        self._used = 0
        self._sizes: dict[str, int] = {}
        for entry in self.entries():
            self._account(entry.file_name, entry.size)

    def close(self) -> None:
        """Let another agent have the folder."""
        os.close(self._directory)

    def entries(self) -> list[Entry]:
        """What is still to be sent, each job's in order."""
        found = (_entry(path) for path in self._folder.iterdir())
        return sorted(entry for entry in found if entry is not None)

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more stay within the bound; an empty spool takes anything."""
        return not self._used or self._used + size <= self._max_bytes

    def write(self, entry: Entry, record: Record, *, force: bool = False) -> Entry | None:
        """Keep a call, on disk when this returns; None where there is no room for it.

        Raises:
            OSError: the disk does not take it.
        """
        text = json.dumps({"call": record.call, "body": record.body}).encode()
        data = b"%08x\n%s" % (zlib.crc32(text), text)
        if not force and not self.has_room(len(data)):
            return None
        unfinished = self._folder / (entry.file_name + _UNFINISHED)
        try:
            self._write_through(unfinished, data)
            unfinished.rename(self._folder / entry.file_name)
            os.fsync(self._directory)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        self._account(entry.file_name, len(data))
        return replace(entry, size=len(data))

    def read(self, entry: Entry) -> Record | None:
        """What an entry holds; None where its file is torn or gone."""
        try:
            data = (self._folder / entry.file_name).read_bytes()
        except FileNotFoundError:
            return None
        checksum, _, text = data.partition(b"\n")
        if checksum != b"%08x" % zlib.crc32(text):
            return None
        raw = json.loads(text)
        return Record(raw["call"], raw["body"])

    def move(self, entry: Entry, place: int) -> Entry:
        """Give an entry another place."""
        moved = replace(entry, place=place)
        (self._folder / entry.file_name).rename(self._folder / moved.file_name)
        self._account(moved.file_name, self._account(entry.file_name, 0))
        return moved

    def remove(self, entry: Entry) -> None:
        """Nothing is left to be done about it. Should a crash undo this, it is sent once more."""
        (self._folder / entry.file_name).unlink(missing_ok=True)
        self._account(entry.file_name, 0)

    def _account(self, name: str, size: int) -> int:
        """Note a file's new size, 0 where it is gone; answers the old one."""
        old = self._sizes.pop(name, 0)
        self._used += size - old
        if size:
            self._sizes[name] = size
        return old

    def _sweep(self) -> None:
        for path in self._folder.glob(f"*{_UNFINISHED}"):
            path.unlink()
        probe = self._folder / f"probe{_UNFINISHED}"
        self._write_through(probe, b"")
        probe.unlink()

    @staticmethod
    def _write_through(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            path.chmod(0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _entry(path: Path) -> Entry | None:
    parts = path.name.removesuffix(_SUFFIX).split("-")
    if path.suffix != _SUFFIX or len(parts) != len(("job", "attempt", "place")):
        return None
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    job_id, attempt, place = map(int, parts)
    return Entry(job_id, attempt, place, path.stat().st_size)
