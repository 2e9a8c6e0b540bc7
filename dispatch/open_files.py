"""How many files a process may have open: each connection is one, and parked polls are many."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Any

WANTED = 20_000
_ONE_IN = 2  # of them may be a parked poll; the others are for all else


def raise_limit(log: Any) -> None:
    """Have this process and its children open as many as are wanted; say where they may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allowed(soft) < _allowed(hard):
        with suppress(ValueError, OSError):  # there may be a limit beyond the hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (_allowed(hard), hard))
    allowed = _allowed(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if allowed < WANTED:
        log.warning(
            "A process may open %d files, and so park %d polls; raise the limit (ulimit -Hn) to %d",
            allowed,
            parked_at_most(),
            WANTED,
        )


def parked_at_most() -> int:
    """How many polls this process may park."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _allowed(soft) // _ONE_IN


def _allowed(limit: int) -> int:
    return WANTED if limit == resource.RLIM_INFINITY else min(WANTED, limit)
