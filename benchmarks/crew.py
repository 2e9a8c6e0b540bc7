"""Scanners and scans of a server, made over its operator API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.client import Talk, converse
from benchmarks.connections import connected
from benchmarks.servers import Server
from benchmarks.wire import get, operate, post, post_text

CONNECTIONS = 8
ENDLESS = "10.0.0.0/8"  # more addresses than any measurement scans


@dataclass(frozen=True)
class Scanner:
    """A scanner of the server's, and its key."""

    id: int
    key: str

    def get(self, path: str) -> bytes:
        """A GET of its."""
        return get(path, self.key)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """A POST of its."""
        return post(path, self.key, body)

    def post_text(self, path: str, body: bytes, request_id: str = "") -> bytes:
        """A POST of its, of what is JSON already."""
        return post_text(path, self.key, body, request_id)


def register(server: Server, count: int, **fields: Any) -> list[Scanner]:
    """So many new scanners."""
    assert server.operator is not None
    wanted = {"name": "bench", **fields}
    request = operate("/api/scanners", server.operator.token, wanted)
    made: list[Scanner] = []
    sizes = [count // CONNECTIONS + (n < count % CONNECTIONS) for n in range(CONNECTIONS)]
    with connected(server, CONNECTIONS) as connections:
        converse(connections, [_register(request, size, made) for size in sizes])
    return sorted(made, key=lambda scanner: scanner.id)


def _register(request: bytes, count: int, made: list[Scanner]) -> Talk:
    for _ in range(count):
        answer = yield request
        assert answer.status == 201, answer
        said = answer.json()
        made.append(Scanner(said["scannerId"], said["apiKey"]))


def scan(server: Server, scanners: Sequence[Scanner] = (), **fields: Any) -> int:
    """A scan without end, an address a task, on one port; by these scanners."""
    wanted = {
        "targets": [ENDLESS],
        "ports": "80",
        "hostsPerTask": 1,
        "scannerIds": [scanner.id for scanner in scanners],
        **fields,
    }
    with server.api() as api:
        return int(api.post("/api/scans", wanted)["scanId"])


def group(server: Server, **fields: Any) -> int:
    """A group of scanners."""
    with server.api() as api:
        return int(api.post("/api/groups", {"name": "bench", **fields})["groupId"])
