"""The gunicorn worker of the ingest: gevent's, fair, and quick to end when asked to stop.

Gunicorn's own waits `graceful_timeout` for every connection that a scanner keeps open between two
calls, is then killed by its parent, and logs that as an error.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group, Pool
from gunicorn.sock import ssl_context  # type: ignore[import-untyped]
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from workers.client_socket import ClientSocket
from workers.shares import EvenServer, Shares

NOTIFY_SECONDS = 1.0  # gunicorn hears so often that the worker lives
ENDING_SHARE = 0.8  # of `graceful_timeout`, after which gunicorn kills


class IngestWorker(GeventWorker):  # type: ignore[misc]  # gunicorn is not typed
    """When told to stop it answers what has begun, parked polls at once, and closes the rest."""

    shares = Shares()  # made before any fork, so all workers have the same
    slot = 0  # each has its own, which the arbiter gives to it
    wsgi: Any
    _aside: Any = None  # workers.aside.Aside, of which the arbiter is to know nothing

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._told = Event()
        self._pools: list[Pool] = []
        self._idle: set[tuple[gevent.Greenlet, gevent.Timeout]] = set()

    def load_wsgi(self) -> None:
        """Load the app, and what puts its parked polls aside, if it has any."""
        super().load_wsgi()
        made = getattr(self.wsgi, "extensions", {}).get("aside")
        if made:
            self._aside = made(self.handle, keepalive_seconds=self.cfg.keepalive)
            self.wsgi = self._aside
        gc.collect()
        gc.freeze()  # what the app is made of is never garbage; to look through it takes 0.1 s

    def run(self) -> None:
        """Serve until told to stop; then end what has begun, for up to `graceful_timeout`."""
        servers = [self._server(each) for each in self.sockets]
        while self.alive:
            self.notify()
            self._told.wait(NOTIFY_SECONDS)
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
        takes_turns = self.cfg.is_ssl or isinstance(client, ClientSocket)
        super().handle(listener, client if takes_turns else ClientSocket(client), addr)

    def handle_request(self, server: Any, request: Any, client: Any, addr: Any) -> None:
        """Answer a request; StopIteration where the connection is no longer gunicorn's."""
        super().handle_request(server, request, client, addr)
        if self._aside and self._aside.take(server, request, client, addr):
            raise StopIteration

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Wait for a connection's next request, up to `keepalive` seconds."""
        seconds = self.cfg.keepalive if self.alive else 0
        with gevent.Timeout(seconds, exception=False) as timeout:
            idle = (gevent.getcurrent(), timeout)
            self._idle.add(idle)
            try:
                yield
            finally:
                self._idle.discard(idle)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: `run` goes on to its end, connections that wait for a request end now."""
        super().handle_exit(sig, frame)
        for connection in list(self._idle):
            gevent.get_hub().loop.run_callback(self._end, connection)
        self._told.set()

    def _end(self, idle: tuple[gevent.Greenlet, gevent.Timeout]) -> None:
        """End a connection that waits, unless its next request has come meanwhile."""
        if idle in self._idle:
            connection, timeout = idle
            connection.kill(timeout, block=False)

    def _server(self, listener: Any) -> EvenServer:
        """As gunicorn's own `run` makes it."""
        listener.settimeout(None)
        secured = {"ssl_context": ssl_context(self.cfg)} if self.cfg.is_ssl else {}
        pool = Pool(self.worker_connections)
        self._pools.append(pool)
        server = EvenServer(
            listener,
            handle=partial(self.handle, listener),
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
