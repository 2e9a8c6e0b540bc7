"""Lets the others of this process have their turn while one works through many items."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

TURN_SECONDS = 0.001
ITEMS_A_LOOK = 16  # the clock is looked at after so many
# Above zero: gevent runs whoever sleeps for no time again, for 5 ms, before it looks at sockets.
PAUSE_SECONDS = 0.000001

Item = TypeVar("Item")


def in_turns(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; after a turn a gevent worker's other greenlets are let in between two."""
    turn_ends = time.perf_counter() + TURN_SECONDS
    for number, item in enumerate(items):
        if number % ITEMS_A_LOOK == 0 and time.perf_counter() > turn_ends:
            time.sleep(PAUSE_SECONDS)
            turn_ends = time.perf_counter() + TURN_SECONDS
        yield item
