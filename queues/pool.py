"""The connections of one process, handed out without a look at each one's socket every time."""

# redis-py types its pool in parts only.
# mypy: allow-untyped-calls

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty
from typing import Any, TypeAlias

import redis
from hiredis import pack_command

from queues.lending import Lending

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

    def __init__(self, **options: Any) -> None:
        super().__init__(queue_class=Lending, **options)

    def reset(self) -> None:
        """Begin with no connections; redis-py calls it first of all."""
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
            connection = self.pool.get(self.timeout)
        except Empty:
            raise redis.ConnectionError("No connection available.") from None
        if connection is None:
            connection = self.make_connection()
        elif self._is_trusted(connection):
            return connection
        return self._ready(connection)

    def release(self, connection: Connection) -> None:
        """Take a connection back; whoever has waited longest for one has it then."""
        connection.idle_since = time.monotonic()
        if not connection.is_connected:
            self._failed_at = connection.idle_since
        self.pool.put_nowait(connection)

    def _ready(self, connection: Connection) -> Connection:
        """Open it, and anew where the server has closed it: what redis-py does before each call."""
        try:
            connection.connect()
            if _is_stale(connection):
                connection.disconnect()
                connection.connect()
        except BaseException:
            self.release(connection)
            raise
        return connection

    def _is_trusted(self, connection: Connection) -> bool:
        since = connection.idle_since
        return (
            since > self._failed_at
            and time.monotonic() - since < TRUSTED_SECONDS
            and connection.is_connected
            and not connection.should_reconnect()
        )


def _is_stale(connection: Connection) -> bool:
    """Whether it is closed, or to be, or something has come that nobody has asked for."""
    try:
        return bool(connection.should_reconnect() or connection.can_read())
    except (redis.ConnectionError, redis.TimeoutError, OSError):
        return True


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
