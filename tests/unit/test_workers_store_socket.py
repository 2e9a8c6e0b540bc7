"""workers.store_socket: an answer is waited for, for so long, and whoever waits hears of an end."""

from __future__ import annotations

import socket as plain
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from queues.pool import WarmPool
from workers import store_socket
from workers.store_socket import StoreSocket

LARGE = 4 * 2**20


@pytest.fixture
def ends() -> Iterator[tuple[StoreSocket, socket.socket]]:
    """Ours, and the store's."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    line = StoreSocket(ours)
    yield line, theirs
    line.close()
    theirs.close()


def heard(line: StoreSocket) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: line.recv_into(buffer)])


def test_answers_are_read_as_they_come(ends: tuple[StoreSocket, socket.socket]) -> None:
    """Those that are there already, those that come later, and the end."""
    line, store = ends
    store.sendall(b"one")
    first = heard(line)
    gevent.spawn_later(0.01, store.sendall, b"two")
    second = heard(line)
    store.close()

    assert (first, second, heard(line)) == (b"one", b"two", b"")


def test_nobody_waits_for_too_long(ends: tuple[StoreSocket, socket.socket]) -> None:
    """The wait ends with the error that redis-py expects; the connection is of no use then."""
    line, store = ends
    line.settimeout(0.05)

    with pytest.raises(TimeoutError):
        heard(line)
    assert store.recv(1) == b""


def test_an_answer_in_time_stops_the_clock(ends: tuple[StoreSocket, socket.socket]) -> None:
    """It begins anew with each wait."""
    line, store = ends
    line.settimeout(1.0)
    for _ in range(3):
        gevent.spawn_later(0.4, store.sendall, b"x")
        assert heard(line) == b"x"
    gevent.sleep(1.1)
    store.sendall(b"y")

    assert heard(line) == b"y"


def test_without_a_limit_there_is_no_clock(ends: tuple[StoreSocket, socket.socket]) -> None:
    """As sockets have it."""
    line, store = ends
    line.settimeout(None)
    gevent.spawn_later(0.05, store.sendall, b"x")

    assert heard(line) == b"x"


def test_who_does_not_wait_is_told_at_once(ends: tuple[StoreSocket, socket.socket]) -> None:
    """What is there is read, and nothing is waited for; afterwards it may wait again."""
    line, store = ends
    line.settimeout(0)
    with pytest.raises(BlockingIOError), gevent.Timeout(5):
        heard(line)
    store.sendall(b"one")
    first = heard(line)
    line.settimeout(5)
    gevent.spawn_later(0.01, store.sendall, b"two")

    assert (first, heard(line)) == (b"one", b"two")


def test_whoever_waits_hears_that_it_is_closed(ends: tuple[StoreSocket, socket.socket]) -> None:
    """By another greenlet."""
    line, _ = ends

    def wait() -> str:
        with pytest.raises(OSError, match=r"Bad file descriptor|closed"):
            heard(line)
        return "over"

    waiting = gevent.spawn(wait)
    gevent.sleep(0.01)
    line.close()

    assert waiting.get(timeout=5) == "over"


def test_all_is_sent(ends: tuple[StoreSocket, socket.socket]) -> None:
    """More than goes at once, too."""
    line, store = ends
    sending = gevent.spawn(line.sendall, b"x" * LARGE)
    count = 0
    while count < LARGE:
        count += len(store.recv(100_000))
    sending.get(timeout=5)

    assert count == LARGE


def test_only_sockets_of_gevent_are_waited_for_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread waits as ever, and so does whoever reads what is encrypted."""
    monkeypatch.setattr(WarmPool, "wrap", WarmPool.wrap)
    store_socket.install()
    threads, other = plain.socketpair()
    with threads, other, socket.socket() as ours:
        assert WarmPool.wrap(threads) is threads
        assert isinstance(WarmPool.wrap(ours), StoreSocket)
