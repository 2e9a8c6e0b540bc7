"""Calls many back at about the same moment, by one timer: each timer wakes the process by itself.

To wake up costs more than to call a poll back, and who is called back among others finds the
processor's caches filled by them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import gevent

TICK_SECONDS = 0.1

Call = Callable[[], object]


class Turn(NamedTuple):
    """Which call, at which tick of the process's clock."""

    tick: int
    call: Call


class Wheel:
    """The calls that a process is to make, tick by tick."""

    def __init__(self, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._tick_seconds = tick_seconds
        self._ticks: dict[int, tuple[Any, dict[Call, None]]] = {}  # each with its timer

    def after(self, seconds: float, call: Call) -> Turn:
        """Have something called once so many seconds are over, at the first tick after that."""
        now = time.monotonic()
        tick = int((now + seconds) / self._tick_seconds) + 1
        if tick not in self._ticks:
            timer = gevent.get_hub().loop.timer(tick * self._tick_seconds - now)
            self._ticks[tick] = timer, {}
            timer.start(
                self._turn, tick, update=True
            )  # its delay counts from now, not from the loop's last look
        self._ticks[tick][1][call] = None
        return Turn(tick, call)

    def forget(self, turn: Turn) -> None:
        """Do not call; too late where its tick has come."""
        _, calls = self._ticks.get(turn.tick, (None, {}))
        calls.pop(turn.call, None)

    def _turn(self, tick: int) -> None:
        timer, calls = self._ticks.pop(tick)
        timer.close()
        for call in calls:
            gevent.get_hub().loop.run_callback(call)  # which lets others in between, where many
