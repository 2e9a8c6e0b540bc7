"""Gunicorn's configuration as the product has it, and a worker of it inside the test's process."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event
from gunicorn.config import Config

from workers import ingest
from workers.idle import Idle
from workers.ingest import IngestWorker
from workers.lane import Lane

CONFIGURATION = Path(ingest.__file__).parent.parent / "gunicorn.conf.py"
SECONDS = 5


def configured() -> Config:
    """Gunicorn's own reading of the file."""
    config = Config()
    for name, value in runpy.run_path(str(CONFIGURATION)).items():
        if name in config.settings:
            config.set(name, value)
    return config


class Log:
    """Remembers what a worker complains of."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda text, *_, **__: self.said.append(text) if level != "debug" else None

    def access(self, *_: Any) -> None:
        """Not a complaint."""


def fresh() -> Any:
    """A worker that has not begun to run."""
    made = IngestWorker.__new__(IngestWorker)
    made.cfg, made.alive, made.log = configured(), True, Log()
    made.nr, made.max_requests, made.worker_connections = 0, 10**9, 100
    made._told, made._idle, made._begun, made._pools = Event(), Idle(), Idle(), []
    return made


@contextmanager
def serving(app: Any, *, knows: bool = False) -> Iterator[tuple[Any, Any, tuple[str, int]]]:
    """A worker that serves this app, its server and where; its lane takes what is below /hot/.

    knows: whether the app knows who calls.
    """
    subject = fresh()
    subject.wsgi = app
    subject._lane = Lane(
        app,
        subject.cfg,
        below="/hot/",
        knows=lambda _: knows,
        take=_never,
        idle=subject._idle,
        begun=subject._begun,
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    address = listener.getsockname()
    server = subject._server(listener)
    try:
        yield subject, server, address
    finally:
        for waits in (subject._idle, subject._begun):
            waits.over = True
            waits.end()
        server.stop(timeout=SECONDS)


def _never(*_: Any, **__: Any) -> None:
    raise AssertionError("no app here has anything put aside")


def soon(is_so: Callable[[], bool]) -> None:
    """Return when it is so."""
    with gevent.Timeout(SECONDS):
        while not is_so():
            gevent.sleep(0.001)
