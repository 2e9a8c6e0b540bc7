"""workers.aside: polls wait without a greenlet, and each is answered once, by whoever has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent import socket
from gunicorn.workers.base_async import ALREADY_HANDLED

from dispatch.waiters import Waiter
from queues.exchange import Claimed
from tests.unit.parking_lot import NOTHING, WORK, Lot
from web.lines import line_of, lines
from workers.aside import Aside

SECONDS = 5
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "http",
    "QUERY_STRING": "wait=30",
}
TEXT = b"GET /scanner/jobs?wait=30 HTTP/1.1\r\nHOST: a\r\n\r\n"


class Body(list[bytes]):
    """What an app returns."""

    def close(self) -> None:
        """Nothing to do."""


class Worker:
    """A gunicorn worker in little, with one client; what its claims bring is the test's."""

    def __init__(self, *claims: Claimed | Callable[[], Claimed]) -> None:
        self.lot = Lot()
        self.claims = list(claims)
        self.refuses = False
        self.aside = Aside(self, self.handle, keepalive_seconds=SECONDS)
        self.server, self.client = socket.socketpair()
        self.client.settimeout(SECONDS)

    @property
    def extensions(self) -> dict[str, Any]:
        return {"dispatch": SimpleNamespace(parking=self.lot.parking)}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Body:
        """The app: refuses, or polls."""
        if self.refuses:
            start_response("401 Unauthorized", [("Content-Length", "0")])
            return Body()
        found = self.lot.poll(*self.claims, line=line_of(environ)) if self.claims else NOTHING
        start_response("200 OK", [("Content-Length", "4")])
        return Body([b"work" if found.leases else b"none"])

    def handle(self, _: Any, connection: Any, client: Any) -> None:
        """As the worker: the request that is read again, then the end of the connection."""
        assert client == "client"
        if connection.recv(1000) == TEXT:
            self.request(connection)
        connection.close()

    def request(self, connection: Any, **environ: str) -> bytes | None:
        """Serve a request; None where it was put aside."""
        said: list[str] = []
        body = self.aside(
            {**ENVIRON, "gunicorn.socket": connection, **environ},
            lambda status, _: said.append(status),
        )
        if body is ALREADY_HANDLED:
            assert self.aside.is_to_take(connection)
            self.aside.take(connection, "server", "client", text=TEXT, ahead=b"")
            return None
        assert not self.aside.is_to_take(connection)
        answer = said[0].encode() + b"".join(body)
        connection.sendall(answer)
        return answer

    @property
    def waiter(self) -> Waiter:
        [waiter] = self.lot.parking._waiters.everyone()
        return waiter

    def received(self) -> bytes:
        """All that its client was sent until the connection's end."""
        return b"".join(iter(lambda: self.client.recv(1000), b""))


@pytest.fixture
def make() -> Iterator[Callable[..., Worker]]:
    """Makes workers, and closes their clients."""
    made: list[Worker] = []

    def one(*claims: Claimed | Callable[[], Claimed]) -> Worker:
        made.append(Worker(*claims))
        return made[-1]

    yield one
    for worker in made:
        worker.aside.end()
        worker.server.close()
        worker.client.close()


def test_other_requests_are_none_of_its_business(make: Callable[..., Worker]) -> None:
    """They are answered as without it; so is a poll that finds work at once."""
    worker = make(WORK, WORK)
    plain = worker.request(worker.server, QUERY_STRING="")
    poll = worker.request(worker.server)

    assert plain == poll == b"200 OKwork"
    assert worker.lot.parking.parked == 0


def test_a_poll_that_finds_nothing_is_put_aside(make: Callable[..., Worker]) -> None:
    """Its connection is not the server's any more, nothing runs for it, and nothing is sent."""
    worker = make(NOTHING)
    answer = worker.request(worker.server)
    gevent.sleep(0)

    assert answer is None
    assert worker.server.fileno() == -1
    assert len(worker.aside.busy) == 0
    assert worker.lot.parking.parked == 1


def test_a_poll_in_vain_has_its_answer(make: Callable[..., Worker]) -> None:
    """The one that its first claim had got it, when its time is over."""
    worker = make(NOTHING)
    worker.request(worker.server)
    worker.lot.seconds += 30
    worker.waiter.nudge()
    answer = worker.client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: ")
    assert answer.endswith(b"\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nnone")
    assert worker.lot.parking.parked == 0


def test_a_poll_that_rested_looks_again(make: Callable[..., Worker]) -> None:
    """By a timer; where there is still nothing, it goes on resting."""
    worker = make(Claimed([], 1), NOTHING)
    worker.request(worker.server)
    worker.lot.seconds += 0.001
    gevent.sleep(0.05)

    assert len(worker.lot.parks) == 2
    assert worker.lot.parking.parked == 1


def test_work_is_handed_out_by_the_request_served_again(make: Callable[..., Worker]) -> None:
    """What a call brought is claimed once, and what is claimed is told."""
    worker = make(NOTHING, WORK)
    worker.request(worker.server)
    worker.lot.call()

    assert worker.received() == b"200 OKwork"
    assert len(worker.lot.parks) == 2
    assert (worker.lot.parking.parked, worker.lot.store.unparked) == (0, [])


def test_a_claim_that_fails_is_made_by_the_request_served_again(
    make: Callable[..., Worker],
) -> None:
    """Which has the words for whatever is wrong; here nothing is, the second time."""

    def fail() -> Claimed:
        raise ZeroDivisionError

    worker = make(NOTHING, fail, WORK)
    worker.request(worker.server)
    worker.lot.call()

    assert worker.received() == b"200 OKwork"
    assert (worker.lot.parking.parked, worker.lot.store.unparked) == (0, [])


def test_a_poll_refused_when_it_is_served_again_is_parked_no_more(
    make: Callable[..., Worker],
) -> None:
    """Its key was revoked meanwhile; the call that it heard is handed on."""

    def fail() -> Claimed:
        raise ZeroDivisionError

    worker = make(NOTHING, fail)
    worker.request(worker.server)
    worker.refuses = True
    worker.lot.call()

    assert worker.received() == b"401 Unauthorized"
    assert (worker.lot.parking.parked, worker.lot.store.unparked) == (0, [(1, True)])


def test_who_hangs_up_is_let_go(make: Callable[..., Worker]) -> None:
    """Nothing is claimed, and the name is taken back."""
    worker = make(NOTHING)
    worker.request(worker.server)
    worker.client.close()
    lines().look()
    worker.aside.busy.join(SECONDS)

    assert (worker.lot.parking.parked, worker.lot.store.unparked) == (0, [(1, False)])
    assert len(worker.lot.parks) == 1


def test_who_has_just_hung_up_is_given_nothing(make: Callable[..., Worker]) -> None:
    """It was not noticed yet, and is called: another has the work."""
    worker = make(NOTHING)
    worker.request(worker.server)
    worker.client.close()
    worker.lot.call()
    worker.aside.busy.join(SECONDS)

    assert worker.lot.store.unparked == [(1, True)]
    assert len(worker.lot.parks) == 1


def test_at_the_end_all_are_answered_at_once(make: Callable[..., Worker]) -> None:
    """Without a greenlet for each; a call that one has just heard is handed on all the same."""
    worker = make(NOTHING)
    worker.request(worker.server)
    worker.aside.end()
    busy = len(worker.aside.busy)
    answer = worker.received()
    before = list(worker.lot.store.unparked)
    worker.aside.close()

    assert b"\r\nConnection: close\r\n" in answer
    assert busy == 0
    assert (before, worker.lot.store.unparked) == ([], [(1, False)])


def test_a_call_at_the_end_is_handed_on(make: Callable[..., Worker]) -> None:
    """It came while the poll was about to claim, and will not be followed any more."""
    worker = make(NOTHING, WORK)
    worker.request(worker.server)
    worker.lot.call()
    worker.aside.end()
    answer = worker.received()

    assert answer.endswith(b"none")
    assert worker.lot.store.unparked == [(1, True)]
