"""The connections of one process, handed out without a look at each one's socket every time."""

# redis-py types its pool in parts only.
# mypy: allow-untyped-calls

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import redis
from hiredis import pack_command

TRUSTED_SECONDS = 1.0

Connection: TypeAlias = Any  # redis-py's own, TCP, TLS or Unix socket


class WarmPool(redis.BlockingConnectionPool):
    """A connection that was in use a moment ago is handed out as it is.

    redis-py's own pool looks before every call whether the server has closed the connection; under
    gevent that costs as much as the call. Here it is looked at only where it was idle for
    TRUSTED_SECONDS, or where another one has failed since: of a server that went away, only the
    calls under way hear, and one more.
    """

    wrap: Callable[[Any], Any] = staticmethod(lambda opened: opened)  # each socket, once it is open

    def reset(self) -> None:
        """Begin with no connections; redis-py calls it first of all."""
        self._warm: list[tuple[float, Connection]] = []  # and since when idle
        self._failed_at = float("-inf")
        super().reset()

    def make_connection(self) -> Connection:
        """A connection that is still to be opened."""
        connection: Connection = super().make_connection()
        opened = connection._connect  # noqa: SLF001 - redis-py's place to open a socket
        connection._connect = lambda: self.wrap(opened())  # noqa: SLF001
        return connection

    def get_connection(self, *_: Any, **__: Any) -> Connection:
        """A connection that is ready; waits for one where all are in use."""
        try:
            idle_since, connection = self._warm.pop()
        except IndexError:
            return super().get_connection()
        if self._is_trusted(idle_since) and _is_whole(connection):
            return connection
        super().release(connection)
        return super().get_connection()

    def release(self, connection: Connection) -> None:
        """Take a connection back. Where none is left to hand out, somebody may wait for it."""
        now = time.monotonic()
        if not connection.is_connected:
            self._failed_at = now
        if self.pool.empty():
            super().release(connection)
        else:
            self._warm.append((now, connection))

    def _is_trusted(self, idle_since: float) -> bool:
        return idle_since > self._failed_at and time.monotonic() - idle_since < TRUSTED_SECONDS


def _is_whole(connection: Connection) -> bool:
    return bool(connection.is_connected) and not connection.should_reconnect()


def ask(client: redis.Redis, *command: str | int) -> Any:
    """Send one command, once, and read its answer: what `execute_command` does, and no more.

    It keeps no account of durations and failures, and repeats nothing. Raises as redis-py does.
    """
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_packed_command([pack_command(command)])  # type: ignore[arg-type]  # declared for one word
        return connection.read_response()
    finally:
        pool.release(connection)
