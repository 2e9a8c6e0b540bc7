"""Keep-alive connections to a server: as they come, or as many to each of its workers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import processes
from benchmarks.servers import Server

ACCEPT_SECONDS = 5.0
TRIES = 20
BATCH, PAUSE_SECONDS = 256, 0.05


@contextmanager
def connected(server: Server, count: int, *, evenly: bool = True) -> Iterator[list[socket.socket]]:
    """So many connections.

    evenly: each worker has accepted as many. Otherwise the luck of who accepts decides how fast
    four connections are, and a measurement measures that.
    """
    opened = _evenly(server, count) if evenly else list(_slowly(server, count))
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


@contextmanager
def connected_later(server: Server, count: int) -> Iterator[list[socket.socket]]:
    """So many connections, each of which is made when something is first sent over it.

    A server may have few connections on which nothing was ever asked.
    """
    made = [_Later((server.host, server.port)) for _ in range(count)]
    try:
        yield list(made)
    finally:
        for each in made:
            each.close()


class _Later(socket.socket):
    """Connects by itself."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__()
        self._address: tuple[str, int] | None = address

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send; connect before the first time."""
        if self._address:
            self.connect(self._address)
            self._address = None
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().sendall(data, flags)


def _open(server: Server) -> socket.socket:
    connection = socket.create_connection((server.host, server.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _slowly(server: Server, count: int) -> Iterator[socket.socket]:
    """Open them no faster than they are accepted."""
    for number in range(count):
        if number % BATCH == BATCH - 1:
            time.sleep(PAUSE_SECONDS)
        yield _open(server)


def _evenly(server: Server, count: int) -> list[socket.socket]:
    """Open more than are needed, see who accepted which, and keep as many of each worker's."""
    kept: dict[int, list[socket.socket]] = {pid: [] for pid in server.workers}
    share, rest = divmod(count, len(kept))
    assert rest == 0, f"{count} connections for {len(kept)} workers"
    for _ in range(TRIES):
        opened = [_open(server) for _ in range(count)]
        for connection, worker in zip(opened, _accepted_by(server, opened), strict=True):
            if len(kept[worker]) < share:
                kept[worker].append(connection)
            else:
                connection.close()
        if all(len(each) == share for each in kept.values()):
            return [one for several in zip(*kept.values(), strict=True) for one in several]
    raise AssertionError(f"the workers do not share connections: {kept}")


def _accepted_by(server: Server, opened: list[socket.socket]) -> list[int]:
    """Which worker has accepted each."""
    ports = [each.getsockname()[1] for each in opened]
    deadline = time.monotonic() + ACCEPT_SECONDS
    while time.monotonic() < deadline:
        inodes = processes.inodes_by_peer(server.port)
        owner = {inode: pid for pid in server.workers for inode in processes.sockets(pid)}
        found = [owner.get(inodes.get(port, ""), 0) for port in ports]
        if all(found):
            return found
        time.sleep(0.01)
    raise AssertionError("connections are not accepted")
