"""Puts parked polls aside: each holds its connection and its request's text, but no greenlet.

A greenlet in the middle of a request holds 42 KiB: two stacks, and all that gunicorn and Flask have
made of the request. A poll that finds nothing has its answer ready instead, and its connection is
taken from whoever served it. When there is work for it, its text is served as though it just came.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Group
from gunicorn.workers.base_async import ALREADY_HANDLED  # type: ignore[import-untyped]

from dispatch.parking import Parking
from dispatch.waiters import Waiter
from web.lines import LINE, has_hung_up, lines
from workers.answers import head_of, tail_of
from workers.client_socket import ClientSocket
from workers.rereading import Environ, can_be_reread, told_of
from workers.resting import Connection, Resting, Serve

CLAIMS_AT_ONCE = 32  # each has deep stacks, and a connection to the store


class PutAside:
    """The line of a request whose server can put it aside."""

    def __init__(self, waiter: Waiter | None) -> None:
        self.waiter = waiter
        self.seconds = 0.0
        if waiter is not None:
            waiter.aside = False  # it has come back

    def rest(self, waiter: Waiter, seconds: float) -> bool:
        """Leave the waiting to Aside."""
        waiter.aside = True
        self.waiter, self.seconds = waiter, seconds
        return False


@dataclass(slots=True, eq=False)
class Poll:
    """A request put aside, and its answer if nothing comes for it."""

    waiter: Waiter
    connection: Connection
    text: bytes
    status: str
    tail: bytes
    timer: Any = None


class Aside:
    """The app of a worker, and its polls put aside. serve: the worker's `handle`."""

    def __init__(self, app: Any, serve: Serve, *, keepalive_seconds: float) -> None:
        self._app = app
        self._parking: Parking = app.extensions["dispatch"].parking
        self._resting = Resting(serve, keepalive_seconds=keepalive_seconds)
        self._claiming = BoundedSemaphore(CLAIMS_AT_ONCE)
        self._answered: dict[Any, tuple[Waiter, float, str, bytes]] = {}  # by socket
        self._ending = False

    @property
    def busy(self) -> Group:
        """The greenlets that go on with polls."""
        return self._resting.busy

    @property
    def connections(self) -> int:
        """How many it has: parked polls, and those that wait for their next request."""
        return self._parking.parked + self._resting.idle

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request; nothing is sent where `take` is to put it aside."""
        if "wait=" not in environ["QUERY_STRING"] or not can_be_reread(environ):
            return self._app(environ, start_response)  # type: ignore[no-any-return]  # WSGI's
        socket = environ["gunicorn.socket"]
        line = environ[LINE] = PutAside(told_of(socket))
        heads: list[Any] = []
        with self._claiming:
            body = self._app(environ, lambda *head: heads.append(head))
        waiter = line.waiter
        if waiter is not None and waiter.aside:
            [(status, headers)] = heads
            self._answered[socket] = waiter, line.seconds, status, tail_of(headers, b"".join(body))
            body.close()
            return ALREADY_HANDLED  # type: ignore[no-any-return]  # gunicorn's word for it
        if waiter is not None:
            self._parking.dismiss(waiter)  # it may not have come back to its view
        start_response(*heads[0])
        return body  # type: ignore[no-any-return]  # WSGI's

    def is_to_take(self, client: ClientSocket) -> bool:
        """Whether the request that has just been answered there is to be put aside."""
        return client in self._answered

    def take(
        self, client: ClientSocket, server: Any, address: Any, *, text: bytes, ahead: bytes
    ) -> None:
        """Put it aside, and have its connection. text: of the request; ahead: what follows it."""
        waiter, seconds, status, tail = self._answered.pop(client)
        connection = Connection(client.detach(), server, address, ahead)
        lines().watch(connection.descriptor, waiter.leave)
        self._rest(Poll(waiter, connection, text, status, tail), seconds)

    def end(self) -> None:
        """Answer all at once, and close their connections."""
        self._ending = True
        self._resting.end()
        self._parking.stop()

    def close(self) -> None:
        """Let the store forget those that `end` has answered."""
        self._parking.close()

    def _rest(self, poll: Poll, seconds: float) -> None:
        poll.timer = gevent.get_hub().loop.timer(seconds)
        poll.timer.start(poll.waiter.nudge)
        poll.waiter.on_word(partial(self._said, poll))

    def _said(self, poll: Poll) -> None:
        """Something was said, or its rest is over."""
        poll.timer.close()
        if self._parking.is_over(poll.waiter):
            self._answer(poll)  # many at once, and nothing of it waits
        else:
            self.busy.spawn(self._go_on, poll)

    def _go_on(self, poll: Poll) -> None:
        if has_hung_up(poll.connection.descriptor):
            poll.waiter.leave()
        if not self._parking.goes_on(poll.waiter):
            self._answer(poll)
        elif (seconds := self._look(poll.waiter)) is not None:
            self._rest(poll, seconds)
        else:
            lines().forget(poll.connection.descriptor)
            self._resting.serve(poll.connection, poll.text, poll.waiter)

    def _look(self, waiter: Waiter) -> float | None:
        """Claim; for how long to rest, or None where there is something to tell."""
        try:
            with self._claiming:
                claimed = self._parking.look(waiter)
        except Exception:  # noqa: BLE001 - the request meets it too, and has an answer for it
            return None
        waiter.found = claimed if claimed.leases else None
        return None if claimed.leases else self._parking.rest_seconds(waiter, claimed)

    def _answer(self, poll: Poll) -> None:
        """Nothing has come for it."""
        self._parking.dismiss(poll.waiter)
        lines().forget(poll.connection.descriptor)
        answer = head_of(poll.status, closing=self._ending) + poll.tail
        self._resting.answer(poll.connection, answer, closing=self._ending)
