"""The gunicorn worker of the ingest: gevent's, fair, and quick to end when asked to stop.

Gunicorn's own waits `graceful_timeout` for every connection that a scanner keeps open between two
calls, is then killed by its parent, and logs that as an error.
"""

import gc
import time
from functools import partial
from types import FrameType
from typing import Any

from gevent.event import Event
from gevent.pool import Group, Pool
from gunicorn.sock import ssl_context  # type: ignore[import-untyped]
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from workers.asked import asks_for_more
from workers.client_socket import ClientSocket
from workers.idle import Idle
from workers.lane import Lane
from workers.listening import Listening
from workers.rereading import text_of
from workers.shares import EvenServer, Shares

FULL_COLLECTIONS_AFTER = 1000  # lesser ones: with 5,000 parked polls a full one takes 0.08 s
NOTIFY_SECONDS = 1.0  # gunicorn hears so often that the worker lives
ENDING_SHARE = 0.8  # of `graceful_timeout`, after which gunicorn kills


class IngestWorker(GeventWorker):  # type: ignore[misc]  # gunicorn is not typed
    """When told to stop it answers what has begun, parked polls at once, and closes the rest."""

    shares = Shares()  # made before any fork, so all workers have the same
    slot = 0  # each has its own, which the arbiter gives to it
    wsgi: Any
    _aside: Any = None  # workers.aside.Aside, of which the arbiter is to know nothing
    _lane: Lane | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._told = Event()
        self._pools: list[Pool] = []
        self._idle, self._begun = Idle(), Idle()

    def load_wsgi(self) -> None:
        """Load the app, and what puts its parked polls aside, if it has any."""
        super().load_wsgi()
        extensions = getattr(self.wsgi, "extensions", {})
        if made := extensions.get("aside"):
            self._aside = made(self.handle, keepalive_seconds=self.cfg.keepalive)
            self.wsgi = self._aside
        hot = extensions.get("hot")
        if hot and self._aside and not asks_for_more(self.cfg, self.sockets):
            self._lane = Lane(
                self.wsgi,
                self.cfg,
                below=hot.below,
                knows=hot.knows,
                take=self._aside.take,
                idle=self._idle,
                begun=self._begun,
            )
        gc.collect()
        gc.freeze()  # what the app is made of is never garbage; to look through it takes 0.1 s
        gc.set_threshold(*gc.get_threshold()[:2], FULL_COLLECTIONS_AFTER)

    def run(self) -> None:
        """Serve until told to stop; then end what has begun, for up to `graceful_timeout`."""
        servers = [self._server(each) for each in self.sockets]
        while self.alive:
            self.notify()
            self._told.wait(NOTIFY_SECONDS)
            for waits in (self._idle, self._begun):
                waits.end(self.cfg.keepalive)
        for server in servers:
            server.close()
        groups = [server.pool for server in servers]
        if self._aside:
            self._aside.end()
            groups.append(self._aside.busy)
        self._finish(groups)
        if self._aside:
            self._aside.close()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection, in turn with all others."""
        if not isinstance(client, ClientSocket) and not self.cfg.is_ssl:
            client = ClientSocket(client)
        goes_on = False
        try:
            goes_on = self._goes_on(listener.getsockname(), client, addr)
        except BaseException as error:  # noqa: BLE001 - as gunicorn does
            self.handle_error(None, client, addr, error)
        if goes_on:
            super().handle(listener, client, addr)
        else:
            client.close()

    def handle_request(self, server: Any, request: Any, client: Any, addr: Any) -> None:
        """Answer a request; StopIteration where the connection is no longer gunicorn's."""
        super().handle_request(server, request, client, addr)
        if self._aside and self._aside.is_to_take(client):
            ahead = request.unreader.take_buffered()
            self._aside.take(client, server, addr, text=text_of(request), ahead=ahead)
            raise StopIteration
        if self._lane is None:
            return
        if not self._lane.has_ended(request.body):
            raise StopIteration
        if not self._goes_on(server, client, addr, request.unreader.take_buffered()):
            raise StopIteration

    def timeout_ctx(self) -> Idle:
        """Wait for a client, up to `keepalive` seconds."""
        return self._idle

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: `run` goes on to its end, connections that wait for a request end now.

        Those that wait for the rest of one have begun, and are answered.
        """
        super().handle_exit(sig, frame)
        self._idle.over = True
        self._idle.end()
        self._told.set()

    def _goes_on(self, server: Any, client: Any, addr: Any, data: bytes = b"") -> bool:
        """Serve ordinary requests; whether another one has come, for gunicorn."""
        return self._lane is None or self._lane.serve(client, server, addr, data)

    def _server(self, listener: Any) -> EvenServer:
        """As gunicorn's own `run` makes it."""
        listener.settimeout(None)
        secured = {"ssl_context": ssl_context(self.cfg)} if self.cfg.is_ssl else {}
        pool = Pool(self.worker_connections)
        self._pools.append(pool)
        server = EvenServer(
            listener,
            handle=partial(self.handle, Listening(listener.getsockname())),
            spawn=pool,
            shares=self.shares,
            slot=self.slot,
            count=self._connections,
            **secured,
        )
        if self.cfg.workers > 1:
            server.max_accept = 1
        server.start()
        return server

    def _connections(self) -> int:
        aside = int(self._aside.connections) if self._aside else 0
        return sum(map(len, self._pools)) + aside

    def _finish(self, groups: list[Group]) -> None:
        deadline = time.monotonic() + ENDING_SHARE * self.cfg.graceful_timeout
        for group in groups:
            group.join(timeout=max(0.0, deadline - time.monotonic()))
        if any(groups):
            self.log.warning("Worker graceful timeout (pid:%s)", self.pid)
