"""Where an engine puts what it found, and from where batches for the server are cut."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from agent.finding import Finding
from agent.prefix import Prefix

BATCH_RESULTS = 500
BATCH_BYTES = 512 * 1024
CONGESTED_RESULTS = 4 * BATCH_RESULTS
CONGESTED_BYTES = 4 * BATCH_BYTES
MESSAGE_CHARACTERS = 1000
_REMARKS = 5


@dataclass(frozen=True)
class Batch:
    """Results to send, and how many addresses are wholly accounted for once they are safe."""

    results: list[dict[str, Any]]
    size: int
    hosts_done: int


class Findings:
    """Written by the engine's thread, cut into batches by the task's.

    An engine adds what it found about an address before it says that the address is done, so a
    batch that empties the queue accounts for every address done at that moment.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._rows: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0
        self._oldest = 0.0
        self._prefix = Prefix()
        self.accounted = 0  # addresses, from the first on, whose results are safe
        self._remarks: list[str] = []
        self.count = 0
        self.probed = False  # whether any address could be

    def add(self, finding: Finding) -> None:
        """Something was found."""
        row = finding.as_json()
        size = len(json.dumps(row)) + 1
        with self._lock:
            self._oldest = self._oldest if self._rows else self._now()
            self._rows.append((row, size))
            self._bytes += size
            self.count += 1

    def expect(self, index: int, parts: int) -> None:
        """The target at `index` is a name that led to so many addresses; none: it is done."""
        with self._lock:
            self._prefix.expect(index, parts)

    def host_done(self, index: int, *, probed: bool = True) -> None:
        """Everything about this address has been added; or it could not be `probed`."""
        with self._lock:
            self.probed |= probed
            self._prefix.add(index)

    def remark(self, text: str) -> None:
        """Something the operator should read beside the outcome, though the task goes on."""
        with self._lock:
            if len(self._remarks) < _REMARKS and text not in self._remarks:
                self._remarks.append(text)

    @property
    def remarks(self) -> str:
        """All remarks in one line, empty where there are none."""
        return "; ".join(self._remarks)[:MESSAGE_CHARACTERS]

    @property
    def hosts_done(self) -> int:
        """How many addresses are done, in whatever order."""
        return self._prefix.done

    @property
    def waiting(self) -> bool:
        """Whether there are results that are not safe yet."""
        return bool(self._rows)

    @property
    def congested(self) -> bool:
        """Whether an engine should hold back until batches have been taken away."""
        return len(self._rows) >= CONGESTED_RESULTS or self._bytes >= CONGESTED_BYTES

    def due(self, flush_seconds: float) -> bool:
        """Whether a batch is full, or its oldest result has waited long enough."""
        with self._lock:
            full = len(self._rows) >= BATCH_RESULTS or self._bytes >= BATCH_BYTES
            return full or bool(self._rows and self._now() - self._oldest >= flush_seconds)

    def batch(self) -> Batch:
        """The next results to send; they stay here until they are `taken`."""
        with self._lock:
            rows: list[dict[str, Any]] = []
            size = 0
            for row, row_size in islice(self._rows, BATCH_RESULTS):
                if rows and size + row_size > BATCH_BYTES:
                    break
                rows.append(row)
                size += row_size
            everything = len(rows) == len(self._rows)
            return Batch(rows, size, self._prefix.length if everything else self.accounted)

    def taken(self, batch: Batch) -> None:
        """The batch is safe on disk: its results are done with, and its addresses accounted for."""
        with self._lock:
            for _ in batch.results:
                self._rows.popleft()
            self._bytes -= batch.size
            self.accounted = batch.hosts_done
