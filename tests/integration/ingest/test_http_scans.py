"""Scans: created from what makes sense only, read whole, canceled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.ingest.asking import Body, Server, expect_errors, expect_json, expect_problem

SCAN: Body = {"targets": ["10.0.0.0/24"], "ports": "22"}
HALF = ["0.0.0.0/1", "128.0.0.0/1"]


def test_a_new_scan_is_shown_whole(server: Server) -> None:
    """All that was asked for, with defaults, and how it stands."""
    scanner = server.scanner()
    wanted = {
        "name": "Büro",
        "targets": ["10.0.0.0/24", "10.0.1.1-3", "2001:db8::/127", "host.example.org"],
        "exclude": ["10.0.0.255"],
        "ports": "8000-8002,22,8003",
        "scannerIds": [scanner.scanner_id],
        "engineArgs": {"timeoutSeconds": 1.5},
        "maxProbesPerSecond": 100,
        "hostsPerTask": 16,
    }
    made = server.admin.post("/api/scans", wanted)
    view = expect_json(made, 201)

    assert made.headers["Location"] == f"/api/scans/{view['scanId']}"
    assert expect_json(server.admin.get(made.headers["Location"])) == view
    assert view.pop("statusSince") == view.pop("createdAt")
    assert view == {
        **wanted,
        "ports": "22,8000-8003",
        "portListId": None,
        "groupIds": [],
        "engine": "connect",
        "retryFailed": False,
        "maxAttempts": 3,
        "scanId": view["scanId"],
        "status": "pending",
        "statusReason": view["statusReason"],
        "waitingFor": {
            "code": "NO_SCANNER_ONLINE",
            "message": "None of its scanners is online.",
        },
        "hosts": {
            "total": 261, "done": 0, "failed": 0, "inFlight": 0, "waiting": 261, "excluded": 0
        },
        "tasks": {"claimed": 0, "running": 0, "completed": 0, "failed": 0, "expired": 0},
        "progress": 0.0,
        "resultCount": 0,
        "etaSeconds": None,
        "startedAt": None,
        "finishedAt": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targets": []}, "targets"),
        ({"targets": "10.0.0.1"}, "targets"),
        ({"targets": {"10.0.0.1": 1}}, "targets"),
        ({"targets": None}, "targets"),
        ({"targets": [10]}, "targets.0"),
        ({"targets": ["10.0.0.1/24"]}, "targets.0"),
        ({"targets": ["10.0.0.9-10.0.0.1"]}, "targets.0"),
        ({"targets": ["10.0.0.1-"]}, "targets.0"),
        ({"targets": ["10.0.0.1-2001:db8::"]}, "targets.0"),
        ({"targets": ["10.0.0.0/33"]}, "targets.0"),
        ({"targets": ["10.0.0.256"]}, "targets.0"),
        ({"targets": ["10.0.0.1", "a;reboot"]}, "targets.1"),
        ({"targets": ["$(reboot)"]}, "targets.0"),
        ({"targets": ["a\nb"]}, "targets.0"),
        ({"targets": ["-sS"]}, "targets.0"),
        ({"targets": ["bü.example.org"]}, "targets.0"),
        ({"targets": ["x" * 64]}, "targets.0"),
        ({"targets": ["1." * 400]}, "targets.0"),
        ({"targets": ["fe80::1%" + "e" * 100_000]}, "targets.0"),
        ({"targets": [""]}, "targets.0"),
        ({"targets": ["2001:db8::/79"]}, "targets"),
        ({"targets": ["2001:db8::/80", "10.0.0.1"]}, "targets"),
        ({"exclude": ["10.0.0.0/8"]}, "targets"),
        ({"targets": HALF, "exclude": HALF}, "targets"),
        ({"exclude": ["host.example.org"]}, "exclude.0"),
        ({"exclude": ["10.0.0.1/8"]}, "exclude.0"),
        ({"ports": ""}, "ports"),
        ({"ports": "0"}, "ports"),
        ({"ports": "65536"}, "ports"),
        ({"ports": "1-65536"}, "ports"),
        ({"ports": "9-1"}, "ports"),
        ({"ports": "22,"}, "ports"),
        ({"ports": "ssh"}, "ports"),
        ({"ports": 22}, "ports"),
        ({"ports": "1," * 300_000}, "ports"),
        ({"ports": "9" * 500}, "ports"),
        ({"engine": "masscan"}, "engine"),
        ({"engine": "../nmap"}, "engine"),
        ({"engineArgs": {"rate": 1}}, "engineArgs.rate"),
        ({"engineArgs": {"timeoutSeconds": 0}}, "engineArgs.timeoutSeconds"),
        ({"engineArgs": {"timeoutSeconds": "1"}}, "engineArgs.timeoutSeconds"),
        ({"engineArgs": {"banner": 1}}, "engineArgs.banner"),
        ({"engineArgs": ["--script"]}, "engineArgs"),
        ({"engine": "nmap", "engineArgs": {"timing": 4.5}}, "engineArgs.timing"),
        ({"maxProbesPerSecond": 0}, "maxProbesPerSecond"),
        ({"hostsPerTask": 0}, "hostsPerTask"),
        ({"hostsPerTask": 2**24 + 1}, "hostsPerTask"),
        ({"maxAttempts": 101}, "maxAttempts"),
        ({"retryFailed": "no"}, "retryFailed"),
        ({"scannerIds": []}, "scannerIds"),
        ({"scannerIds": [1]}, "scannerIds"),
        ({"scannerIds": [10**500]}, ""),
        ({"groupIds": [1]}, "groupIds"),
        ({"groupIds": list(range(1, 102))}, "groupIds"),
        ({"groupIds": list(range(1, 101))}, "scannerIds"),
        ({"name": "a`b`"}, "name"),
        ({"scanId": 7}, "scanId"),
        ({"status": "completed"}, "status"),
        ({"portListId": 1}, "portListId"),
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, change: Body, field: str) -> None:
    """The field is named, in a sentence of bearable length, and nothing is created."""
    scanner = server.scanner()
    answer = server.admin.post("/api/scans", {**SCAN, "scannerIds": [scanner.scanner_id], **change})

    if field:
        [(named, sentences)] = expect_errors(answer).items()
        assert named == field
        assert all(0 < len(sentence) <= 500 for sentence in sentences)
    else:
        expect_problem(answer, 400, "MALFORMED_BODY")
    assert expect_json(server.admin.get("/api/scans"))["items"] == []


def test_host_bits_say_which_network_was_meant(server: Server) -> None:
    """So that the operator can copy it."""
    answer = server.admin.post("/api/scans", {**SCAN, "targets": ["10.0.0.77/26"]})

    assert "10.0.0.64/26" in expect_errors(answer)["targets.0"][0]


def test_many_errors_are_cut(server: Server) -> None:
    """A hundred of them say enough."""
    answer = server.admin.post("/api/scans", {**SCAN, "targets": ["?"] * 5000})

    assert len(expect_errors(answer)) == 100


@pytest.mark.parametrize(
    "targets", [["0.0.0.0/0"], ["2001:db8::/80"], ["255.255.255.255"], ["10.0.0.1"] * 5000]
)
def test_size_does_not_matter(server: Server, targets: list[str]) -> None:
    """Up to 2^48 addresses, and however often one is named."""
    server.scan(scanner := server.scanner(), targets=targets, ports="-")

    assert len(scanner.jobs()) == 1


def test_what_was_found_is_listed_and_exported(server: Server) -> None:
    """The list has all as it came, the export the newest of each host, protocol and port."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    job = scanner.begin()
    for batch, state in enumerate(("filtered", "open"), 1):
        found = {"host": "10.0.0.1", "port": 22, "protocol": "tcp", "state": state}
        scanner.tell(job, "results", {"attempt": 1, "batch": batch, "results": [found]})
    export = server.admin.get(f"/api/scans/{scan['scanId']}/results?format=jsonl")

    assert [row["state"] for row in server.results(scan)] == ["filtered", "open"]
    assert export.mimetype == "application/jsonl"
    rows = [json.loads(line) for line in export.get_data(as_text=True).splitlines()]
    assert rows == server.results(scan)[1:]


def test_tasks_and_coverage_show_what_became_of_it(server: Server) -> None:
    """Every field of the contract."""
    scanner = server.scanner()
    scan = server.scan(scanner, exclude=["10.0.0.0/25"], hostsPerTask=64)
    job = scanner.begin()
    scanner.tell(job, "progress", {"progressCount": 64, "resultCount": 3})
    scanner.tell(job, "complete", {"status": "completed", "resultCount": 3})
    scanner.begin()
    path = f"/api/scans/{scan['scanId']}"
    newest, oldest = expect_json(server.admin.get(f"{path}/tasks"))["items"]
    coverage = expect_json(server.admin.get(f"{path}/coverage"))

    assert newest["status"] == "running"
    assert all(oldest.pop(name).endswith("Z") for name in ("claimedAt", "startedAt", "finishedAt"))
    assert oldest == {
        "jobId": job["jobId"],
        "scannerId": scanner.scanner_id,
        "scannerIds": [scanner.scanner_id],
        "status": "completed",
        "attempt": 1,
        "targets": ["10.0.0.128/26"],
        "hosts": 64,
        "progressCount": 64,
        "resultCount": 3,
        "maxProbesPerSecond": None,
        "rateLimitedBy": None,
        "errorMessage": None,
    }
    assert {name: coverage[name] for name in ("done", "failed", "inFlight", "notReached")} == {
        "done": 64, "failed": 0, "inFlight": 64, "notReached": 0
    }  # fmt: skip
    assert coverage["ranges"]["done"] == ["10.0.0.128-10.0.0.191"]


def test_a_canceled_scan_is_over(server: Server) -> None:
    """At once where nothing is out; repeating it is harmless."""
    scan = server.scan(server.scanner())
    url = f"/api/scans/{scan['scanId']}/cancel"

    assert expect_json(server.admin.post(url))["status"] == "canceled"
    assert expect_json(server.admin.post(url, {}))["status"] == "canceled"


def test_a_finished_scan_cannot_be_canceled(server: Server) -> None:
    """It ended as it ended."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["10.0.0.1"])
    scanner.tell(scanner.begin(), "complete", {"status": "completed"})

    answer = server.admin.post(f"/api/scans/{scan['scanId']}/cancel")
    expect_problem(answer, 409, "INVALID_TRANSITION")
    assert server.seen(scan)["status"] == "completed"


@pytest.mark.parametrize("rest", ["", "/tasks", "/results", "/results?format=jsonl", "/coverage"])
@pytest.mark.parametrize("scan", ["1", "9" * 500, "-1", "x"])
def test_an_unknown_scan_is_not_found(server: Server, scan: str, rest: str) -> None:
    """Nor is anything of it."""
    expect_problem(server.admin.get(f"/api/scans/{scan}{rest}"), 404, "NOT_FOUND")
    expect_problem(server.admin.post(f"/api/scans/{scan}/cancel"), 404, "NOT_FOUND")


@pytest.mark.parametrize("query", ["format=csv2", "format=", "status=open"])
def test_an_unknown_form_is_refused(server: Server, query: str) -> None:
    """And says which there are."""
    scan = server.scan(server.scanner())
    path = "/api/scans" if query.startswith("status") else f"/api/scans/{scan['scanId']}/results"
    errors: dict[str, Any] = expect_errors(server.admin.get(f"{path}?{query}"))

    assert list(errors) == [query.partition("=")[0]]
