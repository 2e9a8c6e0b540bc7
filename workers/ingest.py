"""The gunicorn worker of the ingest: gevent's, that ends idle connections when asked to stop.

Gunicorn's own waits `graceful_timeout` for every connection that a scanner keeps open between two
calls, is then killed by its parent, and logs that as an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]


class IngestWorker(GeventWorker):  # type: ignore[misc]  # gunicorn is not typed
    """Answers the requests it has begun to read, and closes all other connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._idle: set[tuple[gevent.Greenlet, gevent.Timeout]] = set()

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
        """Stop: the main loop takes no more connections, those that wait end now."""
        super().handle_exit(sig, frame)
        for connection, timeout in list(self._idle):
            connection.kill(timeout, block=False)
