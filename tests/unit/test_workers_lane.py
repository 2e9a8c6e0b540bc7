"""workers.lane: ordinary requests are answered there, and nothing of any other is lost."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import socket
from gunicorn.config import Config
from gunicorn.workers.base_async import ALREADY_HANDLED

from workers.client_socket import ClientSocket
from workers.idle import Idle
from workers.lane import Lane

SERVER, CLIENT = ("192.0.2.2", 80), ("192.0.2.1", 4711)
GET = b"GET /hot/a?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /hot/b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
OTHER = b"GET /cold HTTP/1.1\r\nHost: a\r\n\r\n"


class Chunks(list[bytes]):
    """What an app returns."""

    def close(self) -> None:
        """Nothing to do."""


class Talk:
    """A client, and the lane that serves it; what the app was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.aside: list[tuple[Any, ...]] = []
        self.idle, self.begun = Idle(), Idle()
        self.known = True
        self.error: OSError | None = None
        lane = Lane(
            self._app,
            Config(),
            below="/hot/",
            knows=lambda _: self.known,
            take=lambda *given, **said: self.aside.append((*given, said)),
            idle=self.idle,
            begun=self.begun,
        )
        ours, self.client = socket.socketpair()
        self.client.settimeout(5)
        self.line = ClientSocket(ours)
        self.serving = gevent.spawn(lambda: lane.serve(self.line, SERVER, CLIENT, b""))

    def _app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        body = environ["wsgi.input"].read().decode()
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {body}")
        if self.error:
            raise self.error
        if environ["QUERY_STRING"] == "wait=1":
            return ALREADY_HANDLED
        assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("192.0.2.1", "4711")
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("192.0.2.2", "80")
        assert environ["gunicorn.socket"] is self.line
        assert environ.pop("HTTP_HOST") == "a"
        assert environ.setdefault("left", len(self.asked)) == len(self.asked)
        start_response("200 OK", [("Content-Length", "2")])
        return Chunks([b"o", b"k"])

    def answers(self, count: int) -> int:
        """How many of so many come."""
        said = b""
        while said.count(b"\r\n\r\nok") < count:
            said += self.client.recv(10_000)
        return said.count(b"HTTP/1.1 200 OK\r\n")

    def goes_on(self) -> Any:
        """What serving has come to."""
        return self.serving.get(timeout=5)


@pytest.fixture
def talk() -> Iterator[Talk]:
    made = Talk()
    yield made
    made.serving.kill()
    made.line.close()
    made.client.close()


def test_one_request_after_another_is_answered(talk: Talk) -> None:
    """Over one connection, until the client hangs up."""
    for request in (GET, POST, GET):
        talk.client.sendall(request)
        assert talk.answers(1) == 1
    talk.client.shutdown(socket.SHUT_WR)

    assert talk.goes_on() is False
    assert talk.asked == ["GET /hot/a ", "POST /hot/b body", "GET /hot/a "]


def test_what_an_app_leaves_in_a_request_is_not_in_the_next(talk: Talk) -> None:
    """Though its head is the same."""
    talk.client.sendall(POST + POST[:-4] + b"next" + GET + GET)

    assert talk.answers(4) == 4
    assert talk.asked[:3] == ["POST /hot/b body", "POST /hot/b next", "GET /hot/a "]


def test_requests_sent_ahead_are_answered_too(talk: Talk) -> None:
    """Each by itself, in their order."""
    talk.client.sendall(GET + POST + GET)

    assert talk.answers(3) == 3
    assert talk.asked == ["GET /hot/a ", "POST /hot/b body", "GET /hot/a "]


def test_a_body_may_come_later(talk: Talk) -> None:
    """Many clients send it in a packet of its own."""
    talk.client.sendall(POST[:-3])
    gevent.sleep(0.01)
    before = list(talk.asked)
    talk.client.sendall(POST[-3:] + GET)

    assert talk.answers(2) == 2
    assert before == []
    assert talk.asked == ["POST /hot/b body", "GET /hot/a "]


def test_a_connection_that_waits_holds_nothing_of_its_last_call(talk: Talk) -> None:
    """Thousands may wait, each after a body as large as any."""
    size = 200_000
    head = b"POST /hot/b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
    tracemalloc.start()
    try:
        talk.client.sendall(head + b"x" * size)
        assert talk.answers(1) == 1
        talk.asked.clear()
        gevent.sleep(0.01)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < size / 2


def test_half_a_body_is_no_request(talk: Talk) -> None:
    """Whose client has hung up in the middle of it."""
    talk.client.sendall(POST[:-3])
    talk.client.shutdown(socket.SHUT_WR)

    assert talk.goes_on() is False
    assert talk.asked == []


def test_what_the_app_puts_aside_is_over_here(talk: Talk) -> None:
    """With the connection goes the text of the request, and what came after it."""
    poll = GET.replace(b"x=1", b"wait=1")
    talk.client.sendall(POST + poll + POST + OTHER)

    assert talk.answers(1) == 1
    assert talk.goes_on() is False
    assert talk.aside == [(talk.line, SERVER, CLIENT, {"text": poll, "ahead": POST + OTHER})]
    assert talk.asked == ["POST /hot/b body", "GET /hot/a "]


@pytest.mark.parametrize("other", [OTHER, OTHER[:20], b"\x16\x03\x01 nothing of HTTP"])
def test_another_request_is_put_back(talk: Talk, other: bytes) -> None:
    """All of its bytes, to be read by gunicorn."""
    talk.client.sendall(GET + other)

    assert talk.answers(1) == 1
    assert talk.goes_on() is True
    assert talk.line.recv(10_000) == other


def test_whoever_waits_for_too_long_is_let_go(talk: Talk) -> None:
    """Without a word, as gunicorn does."""
    gevent.sleep(0.01)
    talk.idle.end()

    assert talk.goes_on() is False


def test_a_request_that_comes_at_the_end_is_gunicorns(talk: Talk) -> None:
    """It is answered, and told that the connection closes."""
    gevent.sleep(0.01)
    talk.idle.over = True
    talk.client.sendall(GET)

    assert talk.goes_on() is True
    assert talk.line.recv(10_000) == GET


def test_a_request_that_has_begun_at_the_end_is_gunicorns_too(talk: Talk) -> None:
    """Once the rest of its body is there."""
    talk.client.sendall(POST[:-3])
    gevent.sleep(0.01)
    talk.idle.over = True
    talk.idle.end()
    gevent.sleep(0.01)
    talk.client.sendall(POST[-3:])

    assert talk.goes_on() is True
    assert talk.line.recv(10_000) == POST


def test_a_body_is_not_waited_for_longer_than_a_request(talk: Talk) -> None:
    """Half of one holds no connection, whoever sends it; they are told why."""
    talk.client.sendall(POST[:-3])
    gevent.sleep(0.01)
    waiting = len(talk.begun)
    talk.begun.end()
    ended = talk.goes_on()
    head, _, body = talk.client.recv(10_000).partition(b"\r\n\r\n")

    assert waiting == 1
    assert ended is False
    assert talk.asked == []
    assert head.startswith(b"HTTP/1.1 408 REQUEST TIMEOUT\r\n")
    assert b"\r\nConnection: close\r\nContent-Type: application/problem+json\r\n" in head
    assert json.loads(body)["code"] == "REQUEST_TIMEOUT"


LONG = b"POST /hot/b HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + b"x" * 19_999


@pytest.mark.parametrize("request_", [POST[:-1], LONG], ids=["short", "long"])
def test_a_strangers_body_is_not_waited_for(talk: Talk, request_: bytes) -> None:
    """Gunicorn is to serve it: the app refuses it before it is read."""
    talk.known = False
    talk.client.sendall(request_)

    assert talk.goes_on() is True
    assert request_.startswith(talk.line.recv(len(request_)))


def test_a_long_body_of_whom_the_app_knows_is_read(talk: Talk) -> None:
    """In as many pieces as it comes."""
    talk.client.sendall(LONG)
    gevent.sleep(0.01)
    talk.client.sendall(b"y")

    assert talk.answers(1) == 1
    assert talk.asked == [f"POST /hot/b {'x' * 19_999}y"]


def test_an_error_of_the_app_is_not_taken_for_the_clients(talk: Talk) -> None:
    """It is told, though it looks like that of a connection."""
    talk.error = OSError("the disk is full")
    talk.client.sendall(GET)

    with pytest.raises(OSError, match="the disk is full"):
        talk.goes_on()


def test_who_does_not_hear_the_answer_is_served_no_more(talk: Talk) -> None:
    """What it had sent ahead was for its own good."""
    talk.client.sendall(GET + GET)
    talk.client.close()

    assert talk.goes_on() is False
    assert len(talk.asked) == 1
