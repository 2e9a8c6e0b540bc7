"""How connections end, and what they may be made of: bodies that do not come, and sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.polling import Client, Fleet
from tests.acceptance.running_up import ROOT, RunningUp

BEAT = "POST /scanner/heartbeat HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
CONNECTIONS = 40


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningUp]:
    with RunningUp(tmp_path / "data", "--workers", "1") as running:
        yield running


def test_a_stranger_is_refused_before_the_body_comes(up: RunningUp) -> None:
    """However long it is to be, and by whichever way it is read."""
    length = "Content-Length: 100000\r\n"
    ordinary, short, other = length, "Content-Length: 2\r\n", f"Accept-Language: \t\r\n{length}"
    for more in (ordinary, short, other, "Transfer-Encoding: chunked\r\n"):
        client = Client(up, "")
        client.socket.sendall(f"{BEAT}{more}\r\n1".encode())
        answer = client.answer()
        client.hang_up()

        assert answer.status == 401


def test_the_end_amid_calls_leaves_no_traceback(up: RunningUp) -> None:
    """What has come by then is answered; each client is told, or finds its connection closed."""
    fleet = Fleet(up)
    key = fleet.scanner().key
    clients = [Client(up, key) for _ in range(CONNECTIONS)]
    request = f"{BEAT}X-API-Key: {key}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    statuses: list[int] = []
    many = threading.Semaphore(0)

    def call(client: Client) -> None:
        try:
            while True:
                client.socket.sendall(request)
                statuses.append(client.answer().status)
                many.release()
        except OSError:
            client.hang_up()

    callers = [threading.Thread(target=call, args=(client,)) for client in clients]
    for caller in callers:
        caller.start()
    for _ in range(10 * CONNECTIONS):
        many.acquire()
    up.signal_and_wait(signal.SIGTERM)
    for caller in callers:
        caller.join()
    fleet.close()

    assert set(statuses) == {200}
    assert "Traceback" not in up.log.read_text()


def test_a_unix_socket_that_systemd_has_opened(up: RunningUp, tmp_path: Path) -> None:
    """Gunicorn is told a number, and calls are answered as ever."""
    path = str(tmp_path / "http.sock")
    fleet = Fleet(up)
    key = fleet.scanner().key
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen()
        gunicorn = subprocess.Popen(  # noqa: S603 - ours
            [
                *(sys.executable, "-m", "gunicorn", "--workers", "1"),
                *("--bind", f"fd://{listener.fileno()}", "wsgi:app"),
            ],
            cwd=ROOT,
            env={**os.environ, "REDIS_URL": up.store_url},
            pass_fds=[listener.fileno()],
        )
        client.settimeout(30)
        client.connect(path)
        client.sendall(
            f"GET /scanner/jobs HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n".encode()
        )
        said = client.recv(10_000)
        gunicorn.terminate()
        gunicorn.wait(10)
    fleet.close()

    assert said.startswith(b"HTTP/1.1 200 OK")
