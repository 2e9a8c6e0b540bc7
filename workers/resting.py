"""Connections that were let go: they wait for their next request without a greenlet."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.pool import Group

from workers.listening import Listening
from workers.rereading import Rereading

Serve = Callable[[Any, Any, Any], None]

_READABLE = 1  # of libev and libuv


@dataclass(slots=True, eq=False)
class Connection:
    """A client's connection. server, client: addresses; ahead: what was read, and not served."""

    descriptor: int
    server: Any
    client: Any
    ahead: bytes = b""


class Resting:
    """Such connections. serve: the worker's `handle`, to which they go back."""

    def __init__(self, serve: Serve, *, keepalive_seconds: float) -> None:
        self._serve = serve
        self._keepalive_seconds = keepalive_seconds
        self._idle: dict[Connection, tuple[Any, Any]] = {}
        self.busy = Group()  # greenlets that serve them

    @property
    def idle(self) -> int:
        """How many wait."""
        return len(self._idle)

    def serve(self, connection: Connection, text: bytes = b"", told: Any = None) -> None:
        """Have a request that was read before served, or what comes. told: as Rereading's."""
        client = Rereading(connection.descriptor, text + connection.ahead, told)
        self._serve(Listening(connection.server), client, connection.client)

    def answer(self, connection: Connection, answer: bytes, *, closing: bool) -> None:
        """Send an answer that fits into any empty buffer, and close or wait for what comes next."""
        try:
            closing |= os.write(connection.descriptor, answer) < len(answer)
        except OSError:  # the client has hung up, or reads nothing
            closing = True
        if closing:
            os.close(connection.descriptor)
        elif connection.ahead:
            self.busy.spawn(self.serve, connection)
        else:
            self._wait(connection)

    def end(self) -> None:
        """Close those that wait."""
        for connection in list(self._idle):
            self._late(connection)

    def _wait(self, connection: Connection) -> None:
        loop = gevent.get_hub().loop
        came = loop.io(connection.descriptor, _READABLE)
        late = loop.timer(self._keepalive_seconds)
        self._idle[connection] = came, late
        came.start(self._came, connection)
        late.start(self._late, connection)

    def _came(self, connection: Connection) -> None:
        self._forget(connection)
        self.busy.spawn(self.serve, connection)

    def _late(self, connection: Connection) -> None:
        self._forget(connection)
        os.close(connection.descriptor)

    def _forget(self, connection: Connection) -> None:
        for watcher in self._idle.pop(connection):
            watcher.close()
