"""Things that are lent, one to each: what came back last goes first, to whoever has waited longest.

Queues of the standard library only say that something is there. Whoever comes by then takes it, and
who was called goes on to wait: under gevent that is most often the one who has just given it back.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from queue import Empty, Full
from typing import Any


class _Place:
    """Of one who waits."""

    def __init__(self) -> None:
        self._filled = threading.Event()
        self.thing: Any = None

    def fill(self, thing: Any) -> None:
        self.thing = thing
        self._filled.set()

    def is_filled(self, seconds: float | None) -> bool:
        """Wait for so long at most."""
        return self._filled.wait(seconds)


class Lending:
    """What redis-py's pool needs of a queue. Nothing is left here while anybody waits for it."""

    def __init__(self, most: int) -> None:
        self.queue: list[Any] = []  # redis-py looks into it
        self._most = most
        self._waiting: deque[_Place] = deque()
        self._handing = threading.Lock()

    def put_nowait(self, thing: Any) -> None:
        """Give one back. Raises queue.Full where there are more than there may be."""
        if len(self.queue) >= self._most:
            raise Full
        self.queue.append(thing)
        if self._waiting:  # whoever comes to wait looks again: one of both sees the other
            self._hand_over()

    def get(self, seconds: float | None) -> Any:
        """Take one, and wait for it for so long; None: for ever. Raises queue.Empty."""
        try:
            return self.queue.pop()
        except IndexError:
            return self._wait(seconds)

    def _wait(self, seconds: float | None) -> Any:
        place = _Place()
        self._waiting.append(place)
        try:
            self._hand_over()
            is_filled = place.is_filled(seconds)
        except BaseException:
            if not self._leave(place):
                self.put_nowait(place.thing)
            raise
        if not is_filled and self._leave(place):
            raise Empty
        return place.thing

    def _hand_over(self) -> None:
        with self._handing, suppress(IndexError):  # nothing is left, or a thread was quicker
            while self._waiting:
                thing = self.queue.pop()
                self._waiting.popleft().fill(thing)

    def _leave(self, place: _Place) -> bool:
        """Wait no more; whether nothing was handed over before."""
        with self._handing, suppress(ValueError):
            self._waiting.remove(place)
            return True
        return False
