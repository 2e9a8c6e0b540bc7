"""Connections are spread over the workers of one gunicorn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent import socket

from workers import shares as module
from workers.shares import MOST_WORKERS, EvenServer, Shares


@pytest.mark.parametrize(
    ("counts", "mine", "expected"),
    [
        ([], 0, False),
        ([], 9, False),
        ([0], 0, False),
        ([0], 1, True),
        ([2, 1, 3], 2, True),
        ([3, 3, 3], 3, False),
        ([28], 32, False),
        ([27], 32, True),
        ([875, 2000], 1000, False),
        ([874, 2000], 1000, True),
    ],
)
def test_who_has_more_than_another_has_too_many(
    counts: list[int], mine: int, *, expected: bool
) -> None:
    """By one where they are few, and by one in eight where they are many."""
    shares = Shares()
    for slot, count in enumerate(counts):
        shares.note(slot, count)

    assert shares.is_too_large(mine) is expected


def test_who_has_left_does_not_count() -> None:
    """Nor does one for whom there is no room in the list."""
    shares = Shares()
    shares.note(0, 0)
    shares.leave(0)
    shares.note(MOST_WORKERS, 0)

    assert not shares.is_too_large(5)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # from Python 3.12 on
def test_a_child_s_count_is_seen() -> None:
    """The list lies in memory that is shared from the fork on."""
    shares = Shares()
    shares.note(1, 7)
    child = os.fork()
    if child == 0:
        shares.note(1, 3)
        os._exit(0)
    os.waitpid(child, 0)

    assert shares.is_too_large(4)
    assert not shares.is_too_large(3)


@pytest.fixture
def served() -> Iterator[tuple[EvenServer, Shares, list[Any]]]:
    """A server that has ten connections, and those that it has accepted since."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)
    shares, accepted = Shares(), list[Any]()
    server = EvenServer(
        listener,
        handle=lambda client, _: accepted.append(client),
        shares=shares,
        slot=0,
        count=lambda: 10 + len(accepted),
    )
    server.start()
    yield server, shares, accepted
    server.stop()


def test_a_connection_is_left_to_who_has_fewer(
    served: tuple[EvenServer, Shares, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment only: where nobody takes it, it is served all the same."""
    server, shares, accepted = served
    monkeypatch.setattr(module, "HOLD_BACK_SECONDS", 0.2)
    shares.note(1, 0)
    with socket.create_connection(server.address):
        gevent.sleep(0.05)
        before = len(accepted)
        with gevent.Timeout(5):
            while not accepted:
                gevent.sleep(0.01)

    assert (before, len(accepted)) == (0, 1)


def test_who_has_the_fewest_accepts_at_once(
    served: tuple[EvenServer, Shares, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says that it has one more."""
    server, shares, accepted = served
    monkeypatch.setattr(module, "HOLD_BACK_SECONDS", 60)
    shares.note(1, 12)
    with socket.create_connection(server.address), gevent.Timeout(5):
        while not accepted:
            gevent.sleep(0.01)

    assert not shares.is_too_large(11)
    assert shares.is_too_large(13)


def test_a_server_that_is_closed_while_it_waits_stays_closed(
    served: tuple[EvenServer, Shares, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no longer counts for the others."""
    server, shares, accepted = served
    monkeypatch.setattr(module, "HOLD_BACK_SECONDS", 0.05)
    shares.note(1, 0)
    with socket.create_connection(server.address):
        gevent.sleep(0.01)
        server.close()
        gevent.sleep(0.1)
    shares.leave(1)

    assert accepted == []
    assert not shares.is_too_large(100)
