"""A connection to the store as the ingest uses it: an answer is waited for before it is read.

Gevent first tries to read, which the system refuses, as no answer is there so soon; then it makes a
timer and a watcher for the wait. Here each connection has both for good.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from gevent import get_hub, socket

from queues.pool import WarmPool

_READABLE = 1  # of libev and libuv


def install() -> None:
    """Let connections of this process that gevent serves, and that are not encrypted, be so."""
    WarmPool.wrap = staticmethod(_wrapped)


def _wrapped(connection: Any) -> Any:
    return StoreSocket(connection) if type(connection) is socket.socket else connection


class StoreSocket:
    """Gevent's socket, of which one greenlet at a time reads."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._hub = get_hub()
        self._readable = self._hub.loop.io(connection.fileno(), _READABLE)
        self._timer: Any = None
        self._is_late = False
        self.settimeout(connection.gettimeout())

    def settimeout(self, seconds: float | None) -> None:
        """For how long to wait; None: for ever, 0: not at all."""
        self._connection.settimeout(seconds)
        if self._timer:
            self._timer.close()
        self._timer = self._hub.loop.timer(seconds, repeat=seconds) if seconds else None
        self._waits = seconds != 0

    def recv_into(self, buffer: bytearray) -> int:
        """Read what comes. Raises TimeoutError; the connection is of no use then."""
        if self._waits:
            self._wait()
        count: int = self._connection.recv_into(buffer)
        return count

    def sendall(self, data: bytes) -> None:
        """Nearly all goes at once; gevent's own `sendall` first asks the system for a size."""
        sent = self._connection.send(data)
        if sent < len(data):
            self._connection.sendall(data[sent:])

    def close(self) -> None:
        """Close; whoever waits for an answer gets an OSError."""
        self._hub.cancel_wait(self._readable, ConnectionResetError("closed"), close_watcher=True)
        if self._timer:
            self._timer.close()
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else as gevent does it."""
        return getattr(self._connection, name)

    def _wait(self) -> None:
        timer = self._timer
        if timer:
            timer.again(self._late)  # all of its time; `start` gives what was left when it stopped
        try:
            self._hub.wait(self._readable)
        finally:
            if timer:
                timer.stop()
        if self._is_late:
            raise TimeoutError("timed out")

    def _late(self) -> None:
        """End the wait, which a connection that is shut down does by itself."""
        self._is_late = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
