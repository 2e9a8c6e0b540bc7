"""How gunicorn serves the ingest: its configuration, and the worker that runs it."""

import runpy
import signal
from types import SimpleNamespace

import gevent
import pytest
from gevent.event import Event
from gunicorn.config import Config

from metrics import sharing
from tests.unit import gunicorn_worker
from tests.unit.gunicorn_worker import CONFIGURATION, fresh
from workers import parent_death
from workers.ingest import IngestWorker


@pytest.fixture
def configured() -> Config:
    """As it is deployed."""
    return gunicorn_worker.configured()


def test_gunicorn_believes_no_forwarded_header(configured: Config) -> None:
    """Whom to believe is the app's to decide, so gunicorn trusts neither peers nor headers."""
    assert configured.forwarded_allow_ips == []
    assert configured.forwarder_headers == []
    assert configured.secure_scheme_headers == {}


def test_gunicorn_is_run_as_the_design_says(configured: Config) -> None:
    """Gevent workers, an app for each after the fork, no control socket, a short end."""
    assert configured.worker_class is IngestWorker
    assert configured.preload_app is False
    assert configured.control_socket_disable is True
    assert configured.graceful_timeout == 2
    assert configured.accesslog is None
    assert (configured.workers, configured.address) == (2, [("127.0.0.1", 8080)])


def test_a_worker_that_boots_dies_with_its_parent_and_by_sigterm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the fork on a worker is bound to gunicorn, and does not miss being told to end."""
    wished: list[int] = []
    monkeypatch.setattr(parent_death, "die_with_parent", wished.append)
    monkeypatch.setattr(sharing, "join", lambda *_: None)
    hooks = runpy.run_path(str(CONFIGURATION))
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    try:
        hooks["post_fork"](SimpleNamespace(pid=4711), None)
        after = signal.getsignal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert wished == [4711]
    assert after is signal.SIG_DFL


def test_idle_connections_end_when_the_worker_is_to_stop() -> None:
    """A connection that waits for its next request ends at once; one being served is left alone."""
    subject, ended = fresh(), []

    def idle() -> None:
        with subject.timeout_ctx():
            gevent.sleep(60)
            ended.append("went on")
        ended.append("idle")

    def busy() -> None:
        with subject.timeout_ctx():
            pass
        gevent.sleep(0.05)
        ended.append("busy")

    running = [gevent.spawn(idle), gevent.spawn(busy)]
    gevent.sleep(0.01)
    subject.handle_exit(signal.SIGTERM, None)
    gevent.joinall(running, timeout=5, raise_error=True)

    assert ended == ["idle", "busy"]
    assert subject.alive is False
    assert len(subject._idle) == 0


def test_a_request_that_comes_meanwhile_is_answered() -> None:
    """One that is read after SIGTERM, and before its connection was ended, is not cut off."""
    subject, ended, comes = fresh(), [], Event()

    def serve() -> None:
        with subject.timeout_ctx():
            comes.wait()
        gevent.sleep(0.05)
        ended.append("answered")

    running = gevent.spawn(serve)
    gevent.sleep(0.01)
    comes.set()
    subject.handle_exit(signal.SIGTERM, None)
    running.join(5)

    assert ended == ["answered"]


def test_no_connection_waits_once_the_worker_is_to_stop() -> None:
    """What finishes its request after SIGTERM does not wait for another."""
    subject = fresh()
    subject.handle_exit(signal.SIGTERM, None)

    def wait() -> None:
        with subject.timeout_ctx():
            gevent.sleep(60)
            pytest.fail("it waited")

    gevent.spawn(wait).get(timeout=5)
