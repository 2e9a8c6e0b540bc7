"""Lets the others of this process have their turn while one works through many items."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

ITEMS_A_TURN = 256  # one to three milliseconds of work

Item = TypeVar("Item")


def in_turns(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; now and then the hub of a gevent worker is let in between two of them."""
    for number, item in enumerate(items):
        if number % ITEMS_A_TURN == 0:
            time.sleep(0)
        yield item
