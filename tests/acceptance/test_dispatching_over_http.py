"""The cases of design §3, and the failing scanner, over HTTP against real processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.acceptance.running_up import RunningUp, eventually

Json = dict[str, Any]
SHORT_LEASE = {"LEASE_SECONDS": "3", "CLAIM_SECONDS": "3"}


@dataclass
class Caller:
    """Somebody who asks the server, with these headers."""

    url: str
    headers: dict[str, str]
    http: urllib3.PoolManager

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self.http.request(
            method, self.url + path, json=body, headers=self.headers, retries=False, timeout=10
        )
        assert answer.status < 300, answer.data
        return dict(answer.json())

    def jobs(self, limit: int = 10) -> list[Json]:
        return list(self.ask("GET", f"/scanner/jobs?limit={limit}")["jobs"])

    def start(self, job: Json) -> None:
        self.ask("POST", f"/scanner/jobs/{job['jobId']}/start")

    def complete(self, job: Json, status: str = "completed") -> None:
        self.ask("POST", f"/scanner/jobs/{job['jobId']}/complete", {"status": status})

    def finish(self, job: Json, status: str = "completed") -> None:
        self.start(job)
        self.complete(job, status)


@dataclass
class Site:
    """The server, as an operator uses it."""

    admin: Caller

    def scanner(self, **fields: Any) -> tuple[int, Caller]:
        made = self.admin.ask("POST", "/api/scanners", {"name": "s", **fields})
        key = {"X-API-Key": made["apiKey"]}
        return made["scannerId"], Caller(self.admin.url, key, self.admin.http)

    def group(self, *scanners: int) -> int:
        body = {"name": "g", "scannerIds": list(scanners)}
        return int(self.admin.ask("POST", "/api/groups", body)["groupId"])

    def scan(self, **fields: Any) -> int:
        body = {"targets": ["10.0.0.0/24"], "ports": "22", "hostsPerTask": 4, **fields}
        return int(self.admin.ask("POST", "/api/scans", body)["scanId"])

    def status(self, scan: int) -> str:
        return str(self.admin.ask("GET", f"/api/scans/{scan}")["status"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("dispatching")
    with RunningUp(folder / "data", **SHORT_LEASE) as up, urllib3.PoolManager() as http:
        operator = up.operator
        headers = {"Authorization": f"Bearer {operator['token']}"}
        yield Site(Caller(operator["url"], headers, http))
        up.signal_and_wait(15)  # type: ignore[arg-type]  # SIGTERM


def scans(jobs: list[Json]) -> list[int]:
    return [job["scanId"] for job in jobs]


def test_one_scanner_one_scan(site: Site) -> None:
    """Six tasks at once; each completion frees exactly one more; the second scan waits."""
    scanner, calls = site.scanner(taskCapacity=6, jobCapacity=1)
    first = site.scan(scannerIds=[scanner], targets=["10.0.0.0/26"])
    second = site.scan(scannerIds=[scanner])

    held = calls.jobs()
    assert scans(held) == [first] * 6
    assert calls.jobs() == []
    for _ in range(10):
        calls.finish(held.pop(0))
        more = calls.jobs()
        assert scans(more) == [first]
        held += more
    for job in held:
        assert calls.jobs() == []
        calls.finish(job)
    assert site.status(first) == "completed"
    assert scans(calls.jobs()) == [second] * 6


def test_one_scanner_three_scans(site: Site) -> None:
    """Dispatched 1, 2, 3, 1, 2; when a task completes, the next is from scan 3."""
    scanner, calls = site.scanner(taskCapacity=5, jobCapacity=3)
    groups = [site.group(scanner), site.group(scanner)]
    first = site.scan(scannerIds=[scanner])
    second, third = (site.scan(groupIds=[group]) for group in groups)

    held = calls.jobs()
    assert scans(held) == [first, second, third, first, second]
    calls.finish(held[0])
    assert scans(calls.jobs()) == [third]


def test_two_scanners_two_scans(site: Site) -> None:
    """1, 2, 1, 2, 1, 2 and six of scan 2; if one scanner fails, the other's tasks complete."""
    (one, first_calls), (two, second_calls) = (
        site.scanner(taskCapacity=6, jobCapacity=3) for _ in range(2)
    )
    first = site.scan(scannerIds=[one])
    second = site.scan(groupIds=[site.group(one, two)])

    mine, other = first_calls.jobs(), second_calls.jobs()
    assert scans(mine) == [first, second] * 3
    assert scans(other) == [second] * 6
    for job in mine:
        first_calls.start(job)

    def finished() -> bool:
        """Scanner 1 has died; scanner 2 goes on until all of scan 2 is done."""
        nonlocal other
        for job in other:
            second_calls.finish(job)
        other = second_calls.jobs()
        return site.status(second) == "completed"

    eventually(finished, seconds=30)
    assert site.status(first) == "running"


def test_a_failing_scanner_waits(site: Site) -> None:
    """After three failures in a row it gets nothing for a while, and is told how long."""
    scanner, calls = site.scanner()
    scan = site.scan(scannerIds=[scanner])
    for _ in range(3):
        (job,) = calls.jobs(1)
        calls.finish(job, "failed")

    answer = calls.http.request("GET", f"{calls.url}/scanner/jobs", headers=calls.headers)
    alarms = site.admin.ask("GET", "/api/alarms?state=raised")["items"]
    assert answer.json() == {"jobs": []}
    assert int(answer.headers["Retry-After"]) >= 1
    assert str(scanner) in [a["subject"] for a in alarms if a["kind"] == "scanner-failing"]
    eventually(lambda: calls.jobs(1), seconds=10)
    assert site.status(scan) == "running"
