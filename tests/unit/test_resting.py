"""workers.resting: connections wait without a greenlet, and none is left open or served twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent import socket

from workers.rereading import told_of
from workers.resting import Connection, Resting

SECONDS = 5


class Worker:
    """Serves one line of each connection that is given back to it, and closes it."""

    def __init__(self) -> None:
        self.served: list[tuple[Any, bytes, Any, Any]] = []
        self.resting = Resting(self.serve, keepalive_seconds=SECONDS)

    def serve(self, listener: Any, connection: Any, client: Any) -> None:
        told = told_of(connection)
        self.served.append((listener.getsockname(), connection.recv(100), client, told))
        connection.close()


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def client() -> Iterator[Any]:
    ours, _ = pair = socket.socketpair()
    ours.settimeout(SECONDS)
    yield pair
    ours.close()


def connection(pair: Any, ahead: bytes = b"") -> Connection:
    return Connection(pair[1].detach(), "server", "client", ahead)


def test_a_request_is_served_again(worker: Worker, client: Any) -> None:
    """With what was sent ahead of it, and what its server is to be told."""
    worker.resting.serve(connection(client, b"ahead"), b"text", told="found")

    assert worker.served == [("server", b"textahead", "client", "found")]


def test_after_an_answer_the_next_request_is_served(worker: Worker, client: Any) -> None:
    """When it comes; until then nothing runs for it."""
    worker.resting.answer(connection(client), b"answer", closing=False)
    answer = client[0].recv(100)
    gevent.sleep(0.01)
    before = (list(worker.served), len(worker.resting.busy))
    client[0].sendall(b"next")
    end = client[0].recv(100)

    assert (answer, before, end) == (b"answer", ([], 0), b"")
    assert worker.served == [("server", b"next", "client", None)]


def test_what_was_sent_ahead_is_served_after_the_answer(worker: Worker, client: Any) -> None:
    """Without another word of the client's."""
    worker.resting.answer(connection(client, b"ahead"), b"answer", closing=False)
    received = client[0].recv(100) + client[0].recv(100)

    assert received == b"answer"
    assert [read for _, read, _, _ in worker.served] == [b"ahead"]


def test_a_connection_may_end_with_its_answer(worker: Worker, client: Any) -> None:
    """Where the worker is to end."""
    worker.resting.answer(connection(client), b"answer", closing=True)
    received = [client[0].recv(100), client[0].recv(100)]

    assert received == [b"answer", b""]
    assert worker.served == []


def test_a_client_that_takes_no_whole_answer_is_let_go(worker: Worker, client: Any) -> None:
    """It has let others pile up; half an answer is not to look like a whole one."""
    answer = b"x" * 10_000_000
    worker.resting.answer(connection(client), answer, closing=False)
    waits = worker.resting.idle
    received = b"".join(iter(lambda: client[0].recv(1_000_000), b""))

    assert waits == 0
    assert 0 < len(received) < len(answer)


def test_a_client_that_has_gone_is_let_go(worker: Worker) -> None:
    """Its answer goes nowhere, and its descriptor is free again."""
    pair = socket.socketpair()
    theirs = connection(pair)
    pair[0].close()
    worker.resting.answer(theirs, b"answer", closing=False)

    with pytest.raises(OSError, match="Bad file descriptor"):
        socket.socket(fileno=theirs.descriptor)


def test_who_sends_nothing_for_long_is_closed(client: Any) -> None:
    """As any connection that is kept open."""
    worker = Worker()
    worker.resting = Resting(worker.serve, keepalive_seconds=0.01)
    worker.resting.answer(connection(client), b"answer", closing=False)
    received = [client[0].recv(100), client[0].recv(100)]

    assert received == [b"answer", b""]
    assert worker.served == []


def test_at_the_end_those_that_wait_are_closed(worker: Worker, client: Any) -> None:
    """No request of theirs has come."""
    worker.resting.answer(connection(client), b"answer", closing=False)
    worker.resting.end()
    received = [client[0].recv(100), client[0].recv(100)]

    assert received == [b"answer", b""]
    assert worker.resting._idle == {}
