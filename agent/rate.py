"""Holds a rate: each probe has a ticket, and each ticket a moment.

The generic cell rate algorithm (ITU-T I.371, annex A) on a clock that counts in tickets. They are
served in the order in which threads ask, and whoever sleeps too long catches up by a *credit* at
most. The first is due one interval after the start, so a rate that passes from one task to the next
stays what it is. `PACE` and the credit lie between what is allowed: +5 % in any second, ±2 % over
5 s (decision 013).
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PACE = 0.99  # of the rate: what is left is for lateness, which cannot all be made up for
MOST_ABOVE = 1.05  # times the rate, in any second
CREDIT_SECONDS = 0.04
JITTER_SECONDS = 0.003  # of timers, and on the way to the target
_SLOWEST = 1e-3  # probes a second, so that a rate wholly lent out still has a clock
_LONGEST_SLEEP_SECONDS = 0.5  # what is lent may come back meanwhile


class Pacer:
    """Spaces probes at `rate` a second, over all threads that share it."""

    def __init__(self, rate: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now = now
        self._lock = threading.Lock()
        self._given = 0  # tickets
        self._due = 0.0  # tickets whose moment had come at `_at`
        self._at = now()

    def ticket(self) -> int:
        """The next one, for one probe."""
        with self._lock:
            self._given += 1
            return self._given

    def wait(self, ticket: int) -> float:
        """How many seconds to sleep before asking again; zero: it is time."""
        with self._lock:
            self._turn_clock()
            seconds = (ticket - self._due) / self._pace
            return min(max(0.0, seconds), _LONGEST_SLEEP_SECONDS)

    def went(self, ticket: int) -> None:
        """Its probe goes now; what it is late beyond the credit, all that come after it are too."""
        with self._lock:
            self._turn_clock()
            self._due = min(self._due, ticket + self._pace * credit_seconds(self._rate))

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
            self._turn_clock()
            self._rate += rate

    def _turn_clock(self) -> None:
        now = self._now()
        self._due += (now - self._at) * self._pace
        self._at = now

    @property
    def _pace(self) -> float:
        return max(self._rate * PACE, _SLOWEST)


def credit_seconds(rate: float) -> float:
    """How late a probe may be without moving those after it.

    At `rate` 10 there must be no eleventh in any second, so there is next to no credit; from 20 on
    there is room for more.
    """
    most = max(1, math.floor(MOST_ABOVE * rate))
    room = most / max(rate * PACE, _SLOWEST) - 1.0 - JITTER_SECONDS
    return max(0.0, min(CREDIT_SECONDS, room))
