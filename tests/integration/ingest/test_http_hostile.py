"""Whatever JSON comes: never a 500, always a problem document, and a refusal changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.ingest.asking import Asker, Scanner, Server, expect_problem

NUMBERS = st.one_of(
    st.integers(-2, 5),
    st.sampled_from([2**31, 2**48, 2**53 - 1, 2**53, 2**63 - 1, -(2**63), 2**64, 10**30]),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *("10.0.0.0/24", "10.0.0.1-3", "::/0", "0.0.0.0/0", "a.b", "22", "1-65535", "-", "*"),
            *("connect", "completed", "failed", "open", "up", "10.0.0.1", "\0", "fe80::1%x", "{"),
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
NEARLY_VALID: dict[str, dict[str, Any]] = {
    "/api/scanners": {
        "name": "s", "enabled": True, "allowedIps": ["10.0.0.0/8"], "targetCapacity": 100,
        "taskCapacity": 5, "jobCapacity": 2, "maxProbesPerSecond": 10, "groupIds": [],
    },
    "/api/groups": {"name": "g", "scannerIds": [], "jobCapacity": 3},
    "/api/scans": {
        "name": "x", "targets": ["10.0.0.0/24"], "exclude": ["10.0.0.1"], "ports": "22",
        "scannerIds": [], "groupIds": [], "engine": "connect", "engineArgs": {"banner": True},
        "maxProbesPerSecond": 5, "hostsPerTask": 8, "retryFailed": True, "maxAttempts": 2,
    },
    "/api/port-lists": {"name": "p", "ports": "22", "maxProbesPerSecond": 5},
    "/api/subnets": {"cidr": "10.0.0.0/24", "maxProbesPerSecond": 5},
    "/api/exclusions": {"cidr": "192.0.2.0/24", "reason": "r"},
    "/api/scopes": {"cidr": "10.0.0.0/8"},
    "/scanner/heartbeat": {
        "version": "1", "bootId": "b", "engines": ["connect"], "load": 1.5, "cpuCount": 4,
        "memoryBytes": 2**30, "jobs": [{"jobId": 1, "attempt": 1}],
    },
    "start": {"attempt": 1},
    "progress": {"attempt": 1, "progressCount": 3, "resultCount": 1},
    "results": {
        "attempt": 1, "batch": 1,
        "results": [{"host": "10.0.0.1", "port": 22, "protocol": "tcp", "state": "open",
                     "observedAt": "2026-01-31T12:00:00Z", "extra": {"a": 1}}],
    },
    "complete": {"attempt": 1, "status": "completed", "resultCount": 1, "errorMessage": "e"},
    "release": {"attempt": 1, "hostsDone": 2},
    "cancel": {},
}  # fmt: skip
# One of each is there to be changed, too; the rules among them forbid nothing of the scan.
MADE: dict[str, dict[str, Any]] = {
    "/api/group": {},
    "/api/port-list": {},
    "/api/subnet": {"cidr": "::/0"},
    "/api/exclusion": {"cidr": "::/0"},
    "/api/scope": {"cidr": "0.0.0.0/0"},
}


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """A door, and a document that is nearly right there, or nothing of the kind."""
    door = draw(st.sampled_from(sorted(NEARLY_VALID)))
    if draw(st.integers(0, 4)) == 0:
        return door, draw(VALUES)
    body = dict(NEARLY_VALID[door])
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.one_of(st.sampled_from([*sorted(body), "bogus"]), TEXTS))
        if draw(st.booleans()):
            body.pop(name, None)
        else:
            body[name] = draw(VALUES)
    return door, body


@dataclass
class World:
    """A server with one of each resource, a scan and a started job of it."""

    server: Server
    scanner: Scanner
    raw: redis.Redis
    paths: dict[str, str]

    def digest(self) -> str:
        """Of all that the store holds, but for when who was last heard of."""
        rows = sorted((key, self.raw.dump(key)) for key in self.raw.keys("*"))  # type: ignore[union-attr]  # not async
        kept = [row for row in rows if not row[0].endswith(b":online")]
        return hashlib.sha256(repr(kept).encode()).hexdigest()


@pytest.fixture
def world(server: Server, store_url: str) -> Iterator[World]:
    """Made once for all examples."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    job = scanner.begin()["jobId"]
    paths = {door: f"/scanner/jobs/{job}/{door}" for door in NEARLY_VALID if "/" not in door}
    paths |= {"cancel": f"/api/scans/{scan['scanId']}/cancel"}
    paths |= {"/api/scanner": f"/api/scanners/{scanner.scanner_id}"}
    for kind, fields in MADE.items():
        made = server.admin.post(f"{kind}s", {**NEARLY_VALID[f"{kind}s"], **fields})
        paths[kind] = made.headers["Location"]
    with redis.Redis.from_url(store_url) as raw:
        yield World(server, scanner, raw, paths)


def asks(world: World, door: str) -> Iterator[tuple[Asker, str, str]]:
    """Who can bring a body to this door, how, and where."""
    path = world.paths.get(door, door)
    yield (world.scanner if path.startswith("/scanner") else world.server.admin), "POST", path
    if door.removesuffix("s") in world.paths:
        yield world.server.admin, "PATCH", world.paths[door.removesuffix("s")]


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bodies())
def test_no_json_makes_the_server_fail(world: World, sent: tuple[str, Any]) -> None:
    """Each body at its door is taken, or refused with a problem and without a trace."""
    door, body = sent
    for asker, method, path in asks(world, door):
        before = world.digest()
        answer = asker.ask(method, path, data=json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, answer.get_data()
        if answer.status_code >= 400:
            code = answer.get_json(force=True)["code"]
            expect_problem(answer, answer.status_code, code)
            if code not in {"LEASE_LOST", "INVALID_TRANSITION"}:
                assert world.digest() == before
