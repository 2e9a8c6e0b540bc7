"""web.lines: who hangs up while a request waits is noticed, and nobody else is taken for gone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dispatch.waiters import Waiter
from queues.exchange import Claimed
from queues.keys import SiteKeys
from web.lines import LINE, Here, Lines, line_of

Pair = tuple[socket.socket, socket.socket]
LONG_SECONDS = 30


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The server's end, and the client's."""
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


@pytest.fixture
def lines() -> Lines:
    """Such as are looked at only when a test says so."""
    made = Lines()
    made._looking = True
    return made


def waiter() -> Waiter:
    return Waiter((SiteKeys("default"), 1), lambda _: Claimed([], 0), until=0)


def test_who_hangs_up_is_noticed_once(lines: Lines, pair: Pair) -> None:
    """At the next look, and not again."""
    server, client = pair
    gone: list[bool] = []
    lines.watch(server.fileno(), lambda: gone.append(True))
    lines.look()
    before = list(gone)
    client.close()
    lines.look()
    lines.look()

    assert (before, gone) == ([], [True])


def test_bytes_sent_ahead_neither_count_nor_hide(lines: Lines, pair: Pair) -> None:
    """A request behind the one that waits is no hang-up; a hang-up behind it is one."""
    server, client = pair
    gone: list[bool] = []
    lines.watch(server.fileno(), lambda: gone.append(True))
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    lines.look()
    before = list(gone)
    client.close()
    lines.look()

    assert (before, gone) == ([], [True])


def test_what_is_forgotten_is_not_looked_at(lines: Lines, pair: Pair) -> None:
    """Its descriptor may be another connection's by then."""
    server, client = pair
    gone: list[bool] = []
    lines.watch(server.fileno(), lambda: gone.append(True))
    lines.forget(server.fileno())
    lines.forget(server.fileno())
    client.close()
    lines.look()

    assert gone == []


def test_it_looks_by_itself(pair: Pair) -> None:
    """Again and again, as soon as there is something to watch."""
    server, client = pair
    lines, gone = Lines(look_seconds=0.001), threading.Event()
    lines.watch(server.fileno(), gone.set)
    client.close()

    assert gone.wait(LONG_SECONDS)


def test_a_request_waits_where_it_is_until_something_is_said() -> None:
    """Under any other server than gunicorn with our worker."""
    polling = waiter()
    threading.Timer(0.01, polling.call).start()
    line = line_of({})

    assert isinstance(line, Here)
    assert line.rest(polling, LONG_SECONDS)
    assert polling.called


def test_a_request_that_waits_where_it_is_hears_of_a_hang_up(pair: Pair) -> None:
    """Where the server tells which connection is its own."""
    server, client = pair
    polling = waiter()
    client.close()
    began = time.monotonic()
    line_of({"werkzeug.socket": server}).rest(polling, LONG_SECONDS)

    assert polling.leaving
    assert time.monotonic() - began < LONG_SECONDS / 2


def test_who_hung_up_a_moment_before_it_was_called_is_gone(pair: Pair) -> None:
    """Though nobody has looked since."""
    server, client = pair
    polling = waiter()
    polling.call()
    client.close()
    line_of({"gunicorn.socket": server}).rest(polling, LONG_SECONDS)

    assert polling.leaving


def test_a_server_may_know_better_how_to_wait() -> None:
    """What it has put into the environment is taken."""
    known = Here({})

    assert line_of({LINE: known, "gunicorn.socket": None}) is known
