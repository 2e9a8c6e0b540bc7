"""workers.ingest: how long a client may hold its connection, and what is known at the end."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent import socket

from tests.unit.gunicorn_worker import SECONDS, serving, soon

HOT = b"GET /hot/a HTTP/1.1\r\nHost: a\r\n\r\n"
COLD = b"GET /cold HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 20
UNENDED = {
    "a length": b"Content-Length: 2000\r\n\r\n{",
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
}


class Chunks(list[bytes]):
    """What an app returns."""

    def close(self) -> None:
        """Nothing to do."""


def refuse(_: dict[str, Any], start_response: Callable[..., Any]) -> Chunks:
    """An app that lets nobody in, and reads nothing."""
    start_response("401 Unauthorized", [("Content-Length", "0")])
    return Chunks()


def read(environ: dict[str, Any], start_response: Callable[..., Any]) -> Chunks:
    """An app that reads bodies, and refuses those that cannot be."""
    try:
        status, body = "200 OK", environ["wsgi.input"].read()
    except Exception:  # noqa: BLE001 - of gunicorn there are many
        status, body = "400 Bad Request", b""
    start_response(status, [("Content-Length", str(len(body)))])
    return Chunks([body])


def connect(address: tuple[str, int], data: bytes = b"") -> socket.socket:
    client = socket.create_connection(address, timeout=SECONDS)
    client.sendall(data)
    return client


def heard(client: socket.socket) -> bytes:
    """All that it hears until the server closes."""
    said = b""
    with client:
        while more := client.recv(10_000):
            said += more
    return said


@pytest.mark.parametrize("body", UNENDED.values(), ids=UNENDED.keys())
def test_a_body_that_does_not_end_holds_no_connection(body: bytes) -> None:
    """The refusal comes before it, and the wait for its end is as long as that for a request."""
    with serving(refuse) as (worker, _, address):
        client = connect(address, b"POST /cold HTTP/1.1\r\nHost: a\r\n" + body)
        status = client.recv(10_000)
        soon(lambda: len(worker._idle) == 1)
        worker._idle.end()
        rest = heard(client)

    assert status.startswith(b"HTTP/1.1 401")
    assert rest == b""
    assert worker.log.said == []


def test_what_the_app_has_not_read_is_passed_over() -> None:
    """Then the next request is served, of either kind."""
    unread = b"POST /cold HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000
    with serving(refuse) as (worker, _, address):
        client = connect(address, unread + HOT + unread + COLD)
        client.shutdown(socket.SHUT_WR)
        said = heard(client)

    assert said.count(b"HTTP/1.1 401") == 4
    assert worker.log.said == []


def test_nothing_behind_chunks_that_are_none_is_a_request() -> None:
    """Nobody knows where such a body ends."""
    chunks = b"POST /cold HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n"
    with serving(read) as (_, __, address):
        said = heard(connect(address, chunks + HOT))

    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("request_", [HOT, COLD], ids=["hot", "cold"])
def test_requests_that_came_before_the_end_are_answered(request_: bytes) -> None:
    """By then the listener is closed; each is told that its connection closes."""
    with serving(read) as (worker, server, address):
        clients = [connect(address) for _ in range(MANY)]
        soon(lambda: len(worker._idle) == MANY)
        for client in clients:
            client.send(request_)
        worker._idle.over, worker.alive = True, False
        server.close()
        said = [heard(client) for client in clients]

    assert [each[:15] for each in said] == [b"HTTP/1.1 200 OK"] * MANY
    assert all(b"Connection: close" in each for each in said)
    assert worker.log.said == []


@pytest.mark.parametrize("before", [b"", HOT], ids=["fresh", "used"])
def test_a_request_that_has_begun_is_answered(before: bytes) -> None:
    """Its head and half of its body came before the worker was told to stop, the rest after it."""
    half = b"POST /hot/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo"
    with serving(read, knows=True) as (worker, server, address):
        client = connect(address, before + half)
        soon(lambda: len(worker._begun) == 1)
        if before:
            assert client.recv(10_000).startswith(b"HTTP/1.1 200 OK")
        worker.handle_exit(signal.SIGTERM, None)
        server.close()
        gevent.sleep(0.01)
        client.sendall(b"dy")
        said = heard(client)

    assert said[:15] == b"HTTP/1.1 200 OK"
    assert b"Connection: close" in said
    assert said.endswith(b"\r\n\r\nbody")
    assert worker.log.said == []


def test_a_stranger_hears_at_once() -> None:
    """Whose body is short, and does not come."""
    with serving(refuse) as (_, __, address):
        client = connect(address, b"POST /hot/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
        said = client.recv(10_000)
        client.close()

    assert said.startswith(b"HTTP/1.1 401")
