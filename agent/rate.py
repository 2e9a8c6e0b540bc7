"""A token bucket that really holds its rate: a probe is given a moment, not a chance.

The virtual-scheduling form of the generic cell rate algorithm (ITU-T I.371, annex A): it serves
threads in the order they ask, and a late sleeper catches up by at most `CREDIT_SECONDS`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CREDIT_SECONDS = 0.04  # in any second at most 4 % (and one probe) above the rate
_SLOWEST = 1e-3  # probes a second, so that a rate wholly lent out still has an interval


class Pacer:
    """Spaces probes at `rate` a second, over all threads that share it."""

    def __init__(self, rate: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now = now
        self._lock = threading.Lock()
        self._next = now()

    def reserve(self) -> float:
        """Take the next moment; answers how many seconds from now it is (zero or less: at once)."""
        with self._lock:
            now = self._now()
            moment = max(self._next, now - CREDIT_SECONDS)
            self._next = moment + 1.0 / max(self._rate, _SLOWEST)
            return moment - now

    @contextmanager
    def lent(self, rate: float) -> Iterator[None]:
        """Leave `rate` of it to something that paces itself, such as a child process."""
        self._add(-rate)
        try:
            yield
        finally:
            self._add(rate)

    def _add(self, rate: float) -> None:
        with self._lock:
            self._rate += rate
