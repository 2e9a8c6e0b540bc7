"""Connections that wait for their clients, each in a greenlet: so long, and no longer.

That is for their next request, or for the rest of one. Gevent has a timer for this, which each
request would start and stop. Here the worker looks now and then who has waited for too long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import gevent


class _Over(BaseException):
    """The client was waited for long enough."""


class Idle:
    """Connections that wait for their clients: each does so in the context of this."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: dict[gevent.Greenlet, float] = {}
        self.over = False

    def __len__(self) -> int:
        return len(self._since)

    def __enter__(self) -> None:
        self._since[gevent.getcurrent()] = self._now()
        if self.over:
            self.end()

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> bool:
        del self._since[gevent.getcurrent()]
        return kind is _Over

    def end(self, seconds: float = 0.0) -> None:
        """End the wait of those that have waited for so long."""
        latest = self._now() - seconds
        for connection, since in list(self._since.items()):
            if since <= latest:
                gevent.get_hub().loop.run_callback(self._end, connection, since)

    def _end(self, connection: gevent.Greenlet, since: float) -> None:
        """End one wait, unless it has ended by itself. At once: a moment later it may have."""
        if self._since.get(connection) == since:
            connection.throw(_Over)  # the hub may, and this is its callback
