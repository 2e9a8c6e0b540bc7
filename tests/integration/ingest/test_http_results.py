"""POST /scanner/jobs/:jobId/results: each batch once, nothing from elsewhere, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import (
    Body,
    Scanner,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)

FOUND = {"host": "10.0.0.1", "port": 22, "protocol": "tcp", "state": "open"}


@pytest.fixture
def scanner(server: Server) -> Scanner:
    """A scanner with room for two jobs."""
    return server.scanner(taskCapacity=2)


@pytest.fixture
def scan(server: Server, scanner: Scanner) -> Body:
    """A scan in two jobs: 10.0.0.0/25 and 10.0.0.128/25."""
    return server.scan(scanner, hostsPerTask=128)


@pytest.fixture
def job(scanner: Scanner, scan: Body) -> Body:
    """The first of its jobs, started."""
    assert scan["status"] == "pending"
    return scanner.begin()


def batch(number: int, *results: Any, attempt: int = 1) -> Body:
    return {"attempt": attempt, "batch": number, "results": list(results)}


def test_a_result_is_kept_as_it_was_sent(
    server: Server, scanner: Scanner, scan: Body, job: Body
) -> None:
    """Every field comes back, with who found it; addresses and times in their usual form."""
    full = {
        **FOUND,
        "name": "a.example.org",
        "service": "ssh",
        "product": "OpenSSH",
        "version": "9.2p1",
        "banner": "SSH-2.0-OpenSSH_9.2p1 \u0000ü\r\n",
        "observedAt": "2026-01-31T13:00:00.250+01:00",
        "extra": {"cpe": ["cpe:/a:openbsd:openssh"], "deep": {"n": 2**53}},
    }

    assert expect_json(scanner.tell(job, "results", batch(1, full))) == {"ok": True, "accepted": 1}
    assert server.results(scan) == [
        {
            **full,
            "observedAt": "2026-01-31T12:00:00.250000Z",
            "jobId": job["jobId"],
            "scannerId": scanner.scanner_id,
            "attempt": 1,
            "late": False,
        }
    ]
    assert server.seen(scan)["resultCount"] == 1


def test_a_repeated_batch_is_stored_once(
    server: Server, scanner: Scanner, scan: Body, job: Body
) -> None:
    """One at or below the last is accepted, whatever is in it."""
    for number in (1, 2, 2, 1):
        answer = scanner.tell(job, "results", batch(number, FOUND))
        assert expect_json(answer) == {"ok": True, "accepted": 1}

    assert len(server.results(scan)) == 2


@pytest.mark.parametrize(("sent", "wrong"), [((), 2), ((1,), 3), ((1, 2), 2**53 - 1)])
def test_a_gap_is_refused(
    server: Server, scanner: Scanner, scan: Body, job: Body, *, sent: tuple[int, ...], wrong: int
) -> None:
    """The batches of an attempt come in order, so that none is missing unnoticed."""
    for number in sent:
        scanner.tell(job, "results", batch(number, FOUND))

    expect_problem(scanner.tell(job, "results", batch(wrong, FOUND)), 409, "BATCH_GAP")
    assert len(server.results(scan)) == len(sent)


def test_an_empty_batch_counts(scanner: Scanner, job: Body) -> None:
    """It has a number like all others."""
    assert expect_json(scanner.tell(job, "results", batch(1)))["accepted"] == 0
    assert expect_json(scanner.tell(job, "results", batch(2, FOUND)))["accepted"] == 1


def test_results_after_complete_are_kept_as_late(
    server: Server, scanner: Scanner, scan: Body, job: Body
) -> None:
    """They were found all the same."""
    scanner.tell(job, "complete", {"status": "completed"})

    assert expect_json(scanner.tell(job, "results", batch(1, FOUND)))["accepted"] == 1
    assert [row["late"] for row in server.results(scan)] == [True]


def test_results_of_a_lost_lease_are_kept_as_late(
    server: Server, scanner: Scanner, scan: Body, job: Body
) -> None:
    """The call is refused, and what came with it is not thrown away, nor stored twice."""
    scanner.tell(job, "release")
    for _ in range(2):
        expect_problem(scanner.tell(job, "results", batch(1, FOUND)), 409, "LEASE_LOST")

    rows = server.results(scan)
    assert [(row["host"], row["late"], row["attempt"]) for row in rows] == [("10.0.0.1", True, 1)]


def test_batches_are_counted_within_an_attempt(
    server: Server, scanner: Scanner, scan: Body, job: Body
) -> None:
    """The next attempt begins with batch 1 again."""
    scanner.tell(job, "results", batch(1, FOUND))
    scanner.tell(job, "release")
    scanner.begin()

    assert expect_json(scanner.tell(job, "results", batch(1, FOUND, attempt=2)))["accepted"] == 1
    assert [row["attempt"] for row in server.results(scan)] == [1, 2]


@pytest.mark.parametrize("host", ["10.0.1.0", "9.255.255.255", "::1", "::10.0.0.1", "127.0.0.1"])
def test_a_result_from_elsewhere_refuses_its_batch(
    server: Server, scanner: Scanner, scan: Body, job: Body, host: str
) -> None:
    """An address outside the scan's targets is named, and nothing of the batch is stored."""
    answer = scanner.tell(job, "results", batch(1, FOUND, {**FOUND, "host": host}))

    assert list(expect_errors(answer)) == ["results.1.host"]
    assert server.results(scan) == []
    assert expect_json(scanner.tell(job, "results", batch(1, FOUND)))["accepted"] == 1


@pytest.mark.parametrize("host", ["10.0.0.200", "::ffff:10.0.0.1", "10.0.0.255"])
def test_a_result_from_anywhere_in_the_scan_is_taken(
    scanner: Scanner, job: Body, host: str
) -> None:
    """It need not be of this very job; IPv4 may be written as IPv6."""
    assert expect_json(scanner.tell(job, "results", batch(1, {**FOUND, "host": host})))["accepted"]


def test_a_named_target_brings_its_address(server: Server, scanner: Scanner) -> None:
    """The result carries the address as host and the target as name; another name is refused."""
    scan = server.scan(scanner, targets=["host.example.org"])
    job = scanner.begin()
    result = {**FOUND, "host": "2001:DB8:0::1", "name": "host.example.org"}

    assert expect_json(scanner.tell(job, "results", batch(1, result)))["accepted"] == 1
    other = {**result, "name": "other.example.org"}
    assert list(expect_errors(scanner.tell(job, "results", batch(2, other)))) == ["results.0.host"]
    assert [(row["host"], row["name"]) for row in server.results(scan)] == [
        ("2001:db8::1", "host.example.org")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": "host.example.org"}, "host"),
        ({"host": "10.0.0.0/24"}, "host"),
        ({"host": "10.0.0.1 "}, "host"),
        ({"host": "010.0.0.1"}, "host"),
        ({"host": "fe80::1%eth0"}, "host"),
        ({"host": 167772161}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"port": "22"}, "port"),
        ({"protocol": "sctp"}, "protocol"),
        ({"state": "ajar"}, "state"),
        ({"observedAt": "yesterday"}, "observedAt"),
        ({"observedAt": "0001-01-01T00:00:00+23:59"}, "observedAt"),
        ({"observedAt": 1700000000}, "observedAt"),
        ({"banner": "x" * 4097}, "banner"),
        ({"name": ""}, "name"),
        ({"extra": ["a"]}, "extra"),
        ({"extra": {"a": "x" * 9000}}, "extra"),
        ({"bogus": None}, "bogus"),
    ],
)
def test_a_result_that_is_none_is_named(
    server: Server, scanner: Scanner, scan: Body, job: Body, *, change: Body, field: str
) -> None:
    """The path says which of them, and nothing of the batch is stored."""
    answer = scanner.tell(job, "results", batch(1, FOUND, {**FOUND, **change}))

    assert list(expect_errors(answer)) == [f"results.1.{field}"]
    assert server.results(scan) == []


def test_a_batch_has_at_most_a_thousand_results(scanner: Scanner, job: Body) -> None:
    """A thousand are taken, one more is refused."""
    many = [FOUND] * 1000

    assert list(expect_errors(scanner.tell(job, "results", batch(1, *many, FOUND)))) == ["results"]
    assert expect_json(scanner.tell(job, "results", batch(1, *many)))["accepted"] == 1000


def test_a_stranger_learns_nothing_of_a_scan(server: Server, job: Body) -> None:
    """Who never held the job is told so, be the address inside the targets or outside."""
    stranger = server.scanner()
    for host in ("10.0.0.1", "10.9.9.9"):
        answer = stranger.tell(job, "results", batch(1, {**FOUND, "host": host}))
        expect_problem(answer, 403, "JOB_NOT_OWNED")
