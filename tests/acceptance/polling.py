"""Scanners that wait for work over plain sockets, so that a test sees every byte and hangs up."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

from queues.connection import open_redis
from queues.keys import SiteKeys
from tests.acceptance.running_up import RunningUp, eventually

Json = dict[str, Any]
KEYS = SiteKeys("default")


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def jobs(self) -> list[Json]:
        assert self.status == 200, self.body
        return list(json.loads(self.body)["jobs"])


class Client:
    """One connection."""

    def __init__(self, up: RunningUp, key: str) -> None:
        url = urlsplit(up.operator["url"])
        self.socket = socket.create_connection((url.hostname or "", url.port or 0), timeout=20)
        self.file = self.socket.makefile("rb")
        self.key = key

    def send(self, path: str, *more: str, version: str = "1.1", then: str = "") -> None:
        """Send a request; then: the path of another one, in the same packet."""
        lines = [
            f"GET {path} HTTP/{version}",
            "Host: test",
            f"X-API-Key: {self.key}",
            *more,
            "",
            "",
        ]
        if then:
            lines[-1:] = [f"GET {then} HTTP/1.1", "Host: test", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def answer(self) -> Answer:
        """The next one; ConnectionError where the server has closed."""
        status = self.file.readline()
        if not status:
            raise ConnectionError
        headers = {}
        while line := self.file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = self.file.read(int(headers["content-length"]))
        return Answer(int(status.split()[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the server has closed it."""
        return self.file.read(1) == b""

    def hang_up(self) -> None:
        self.file.close()
        self.socket.close()

    def reset(self) -> None:
        """Close it as a process does that is killed in the middle of something."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()


@dataclass
class Scanner:
    """A scanner, and its connection."""

    up: RunningUp
    number: int
    key: str

    def __post_init__(self) -> None:
        self.client = Client(self.up, self.key)


@dataclass
class Fleet:
    """The operator of a running server, and its scanners."""

    up: RunningUp
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10)
    )

    def __post_init__(self) -> None:
        self.store = open_redis(self.up.store_url)
        self.scanners: list[Scanner] = []

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        operator = self.up.operator
        who = {"Authorization": f"Bearer {operator['token']}"}
        answer = self.http.request(method, operator["url"] + path, json=body, headers=who)
        assert answer.status < 400, answer.data
        return dict(answer.json())

    def scanner(self, **fields: Any) -> Scanner:
        made = self.ask("POST", "/api/scanners", {"name": "s", **fields})
        self.scanners.append(Scanner(self.up, int(made["scannerId"]), str(made["apiKey"])))
        return self.scanners[-1]

    def scan(self, *scanners: Scanner, **fields: Any) -> int:
        numbers = [scanner.number for scanner in scanners]
        wanted = {"targets": ["192.0.2.1"], "ports": "22", "scannerIds": numbers, **fields}
        return int(self.ask("POST", "/api/scans", wanted)["scanId"])

    def is_parked(self, scanner: Scanner) -> bool:
        """Whether the store would call it."""
        at = KEYS.of("queue", f"s{scanner.number}", "polls")
        return self.store.zscore(at, str(scanner.number)) is not None

    def park(self, *scanners: Scanner, seconds: int = 20, more: Iterable[str] = ()) -> None:
        """Polls of all of them, when the store knows that they wait."""
        for scanner in scanners:
            scanner.client.send(f"/scanner/jobs?wait={seconds}", *more)
        for scanner in scanners:
            eventually(lambda scanner=scanner: self.is_parked(scanner))

    def close(self) -> None:
        for scanner in self.scanners:
            scanner.client.hang_up()
        self.store.close()
        self.http.clear()
