"""Sorts more than memory holds: sorted runs on disk, merged when all is there.

What is in the file is lines of key, tab, number of the run, tab, text. As runs count upwards, the
last line of a key is its newest, in a run that was merged from others too.
"""

from __future__ import annotations

import heapq
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dispatch.exports.turns import in_turns

ROWS_A_RUN = 10_000
BYTES_A_RUN = 4 * 2**20
RUNS_A_MERGE = 128
BYTES_A_READ = 16 * 2**10


@dataclass(frozen=True, slots=True)
class Run:
    """Where in the file a run is."""

    start: int
    end: int


class SortedRuns:
    """Texts by key; of those with the same key the newest is kept.

    All runs are in one file without a name, in the system's folder for such files (TMPDIR): the
    system itself removes it when it is closed or the process dies, however it dies. It is read by
    place, so any number of runs need one descriptor.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._end = 0
        self._held: dict[bytes, bytes] = {}
        self._held_bytes = 0
        self._count = 0
        self._levels: defaultdict[int, list[Run]] = defaultdict(list)

    def add(self, key: bytes, text: bytes) -> None:
        """Put in a text, newer than all before it. No tab or newline in either."""
        self._held[key] = text
        self._held_bytes += len(text)
        if len(self._held) >= ROWS_A_RUN or self._held_bytes >= BYTES_A_RUN:
            self._spill()

    def newest(self) -> Iterator[bytes]:
        """The newest text of each key, by key."""
        self._spill()
        runs = [run for level in sorted(self._levels, reverse=True) for run in self._levels[level]]
        for line in self._merged(runs):
            yield line.split(b"\t", 2)[2]

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _spill(self) -> None:
        held, number = self._held, self._count
        run = self._write(b"%b\t%08x\t%b" % (key, number, held[key]) for key in sorted(held))
        self._held, self._held_bytes, self._count = {}, 0, number + 1
        self._keep(run, level=0)

    def _keep(self, run: Run, *, level: int) -> None:
        """Runs of a level are neighbours; when there are many they become one of the next."""
        runs = self._levels[level]
        runs.append(run)
        if len(runs) == RUNS_A_MERGE:
            self._levels[level] = []
            self._keep(self._write(self._merged(runs)), level=level + 1)

    def _write(self, lines: Iterable[bytes]) -> Run:
        start = self._end
        for line in in_turns(lines):
            self._end += self._file.write(line) + self._file.write(b"\n")
        self._file.flush()
        return Run(start, self._end)

    def _merged(self, runs: list[Run]) -> Iterator[bytes]:
        """The lines of several runs in order, and of each key the last."""
        kept = key = b""
        for line in in_turns(heapq.merge(*map(self._read, runs))):
            following = line[: line.index(b"\t")]
            if following != key and kept:
                yield kept
            kept, key = line, following
        if kept:
            yield kept

    def _read(self, run: Run) -> Iterator[bytes]:
        at, rest = run.start, b""
        while at < run.end:
            piece = os.pread(self._file.fileno(), min(BYTES_A_READ, run.end - at), at)
            if not piece:
                raise EOFError("The file of an export has been cut off.")
            at += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
