"""Event streams and exports over real sockets: gunicorn, gevent, clients that hang up."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from queues.connection import open_redis
from tests.acceptance.running_up import RunningUp, eventually

Json = dict[str, Any]
TICK_SECONDS = 1.5  # longer than it takes a stream to look again


class Operator:
    """Speaks to a running server."""

    def __init__(self, up: RunningUp) -> None:
        self.up = up

    def open(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        """The connection and its answer, whose body has not been read."""
        url = urlsplit(self.up.operator["url"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
        connection.request(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Bearer {self.up.operator['token']}",
                **({"Content-Type": "application/json"} if body is not None else {}),
                **headers,
            },
        )
        return connection, connection.getresponse()

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        connection, answer = self.open(method, path, body)
        assert answer.status < 300, answer.read()
        found: Json = json.loads(answer.read())
        connection.close()
        return found

    def scan(self) -> int:
        """A scan for a scanner that never comes."""
        scanner = self.ask("POST", "/api/scanners", {"name": "s"})["scannerId"]
        wanted = {"targets": ["192.0.2.0/24"], "ports": "22", "scannerIds": [scanner]}
        return int(self.ask("POST", "/api/scans", wanted)["scanId"])

    def follow(self, scan: int, **headers: str) -> Any:
        connection, answer = self.open(
            "GET", f"/api/scans/{scan}/events", Accept="text/event-stream", **headers
        )
        assert answer.status == 200, answer.read()
        return connection, answer


def message(answer: Any) -> dict[str, str]:
    """The next message of a stream; {} at its end."""
    fields: dict[str, str] = {}
    while line := answer.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
    return fields


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    with RunningUp(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


@pytest.fixture
def operator(up: RunningUp) -> Operator:
    return Operator(up)


def test_a_stream_tells_what_happens_and_ends_with_the_scan(operator: Operator) -> None:
    """Live; whole, as chunked bodies say; and it goes on where it broke off."""
    scan = operator.scan()
    connection, answer = operator.follow(scan)
    begun = [message(answer), message(answer)]
    operator.ask("POST", f"/api/scans/{scan}/cancel", {})
    ended = [message(answer), message(answer), message(answer)]
    rest = answer.read()
    connection.close()
    again, resumed = operator.follow(scan, **{"Last-Event-ID": begun[1]["id"]})
    after = resumed.read().decode()
    again.close()

    assert [each["event"] for each in begun] == ["progress", "scan-created"]
    assert [each["event"] for each in ended] == ["progress", "scan-canceling", "scan-canceled"]
    assert rest == b""
    assert "scan-created" not in after
    assert "scan-canceled" in after


def test_who_hangs_up_is_noticed(operator: Operator) -> None:
    """With the next word that is said, after which nobody asks the store for the stream."""
    scan = operator.scan()
    connection, answer = operator.follow(scan)
    message(answer)
    store = open_redis(operator.up.store_url)

    def looks() -> int:
        return int(store.info("commandstats").get("cmdstat_xrange", {"calls": 0})["calls"])

    def still() -> bool:
        before = looks()
        time.sleep(TICK_SECONDS)
        return looks() == before

    assert not still()
    _reset(connection)
    operator.ask("POST", f"/api/scans/{scan}/pause", {})
    eventually(still)
    store.close()


def test_streams_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """A server that is told to stop has stopped within five seconds, whoever listens."""
    with RunningUp(tmp_path / "data") as up:
        operator = Operator(up)
        connection, answer = operator.follow(operator.scan())
        message(answer)
        seconds = up.signal_and_wait(signal.SIGTERM)
        connection.close()

    assert seconds < 5


def _reset(connection: http.client.HTTPConnection) -> None:
    """Close it as a process does that is killed: whatever is sent to it is answered with RST."""
    assert connection.sock is not None
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
