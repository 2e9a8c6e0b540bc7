"""A client's connection as a worker serves it: in turn, and with few packets."""

from __future__ import annotations

import select
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from workers.client_socket import ClientSocket

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[ClientSocket, socket.socket]]:
    """The worker's end of a connection, and the client's."""
    ours, theirs = socket.socketpair()
    line = ClientSocket(ours)
    yield line, theirs
    line.close()
    theirs.close()


def has_come(client: socket.socket) -> bool:
    """Whether the client could read something now."""
    return bool(select.select([client.fileno()], [], [], 0)[0])


def test_who_is_quick_is_not_served_before_who_waits() -> None:
    """Of two clients that ask all the time, each is served as often as the other."""
    served: list[str] = []

    def serve(name: str, line: ClientSocket) -> None:
        while len(served) < 200:
            line.recv(1)
            served.append(name)

    pairs = [socket.socketpair() for _ in range(2)]
    for _, theirs in pairs:
        theirs.sendall(b"?" * 200)
    lines = [ClientSocket(ours) for ours, _ in pairs]
    greenlets = [gevent.spawn(serve, name, line) for name, line in zip("ab", lines, strict=True)]
    gevent.joinall(greenlets, timeout=5, raise_error=True)
    for line, (_, theirs) in zip(lines, pairs, strict=True):
        line.close()
        theirs.close()

    assert min(served.count(name) for name in "ab") >= 99


def test_headers_go_with_the_body(ends: tuple[ClientSocket, socket.socket]) -> None:
    """They are held until it comes, and nothing after them is."""
    line, client = ends
    line.sendall(HEAD)
    before = has_come(client)
    line.sendall(b"ok")
    first = client.recv(100)
    line.sendall(b"more\r\n\r\n")

    assert (before, first) == (False, HEAD + b"ok")
    assert client.recv(100) == b"more\r\n\r\n"


def test_an_answer_without_a_body_leaves_with_the_next_read(
    ends: tuple[ClientSocket, socket.socket],
) -> None:
    """A worker reads when it has answered."""
    line, client = ends
    line.sendall(HEAD)
    client.sendall(b"next")

    assert line.recv(100) == b"next"
    assert client.recv(100) == HEAD


def test_a_body_that_looks_like_headers_is_one(ends: tuple[ClientSocket, socket.socket]) -> None:
    """It may end in an empty line as headers do."""
    line, client = ends
    line.sendall(HEAD)
    line.sendall(b"HTTP/1.1 is a protocol\r\n\r\n")

    assert client.recv(100) == HEAD + b"HTTP/1.1 is a protocol\r\n\r\n"


@pytest.mark.parametrize("step", ["close", "detach", "fileno", "shutdown"])
def test_nothing_that_was_held_is_lost(ends: tuple[ClientSocket, socket.socket], step: str) -> None:
    """Whatever else is done with the connection, what was held goes first."""
    line, client = ends
    line.sendall(HEAD)
    if step == "detach":
        socket.socket(fileno=line.detach()).close()
    else:
        getattr(line, step)(*([socket.SHUT_WR] if step == "shutdown" else []))

    assert client.recv(100) == HEAD


def test_a_client_that_has_gone_is_no_error_at_the_end(
    ends: tuple[ClientSocket, socket.socket],
) -> None:
    """Nobody is left to send anything to."""
    line, client = ends
    line.sendall(HEAD)
    client.close()

    line.close()

    assert line.closed
