"""Start, progress, complete and release of a job, in order and out of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import (
    Scanner,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)

STEPS: list[tuple[str, Any]] = [
    ("start", {}),
    ("progress", {"progressCount": 1, "resultCount": 0}),
    ("results", {"attempt": 1, "batch": 1, "results": []}),
    ("complete", {"status": "completed"}),
    ("release", {}),
]


@pytest.fixture
def scanner(server: Server) -> Scanner:
    """A scanner, and a scan in four jobs of 64 addresses."""
    scanner = server.scanner(taskCapacity=4, maxProbesPerSecond=400)
    server.scan(scanner, hostsPerTask=64)
    return scanner


def test_a_plain_client_does_a_whole_scan(server: Server) -> None:
    """Jobs, start, progress and complete without anything optional are enough."""
    scanner = server.scanner()
    scan = server.scan(scanner, hostsPerTask=64)
    for _ in range(4):
        [job] = scanner.jobs()
        expect_json(scanner.tell(job, "start"))
        expect_json(scanner.tell(job, "progress", {"progressCount": 64, "resultCount": 0}))
        expect_json(scanner.tell(job, "complete", {"status": "completed"}))

    assert scanner.jobs() == []
    assert server.seen(scan)["status"] == "completed"
    assert server.seen(scan)["hosts"]["done"] == 256


def test_start_renews_the_lease_however_often(scanner: Scanner) -> None:
    """The exact answer, and the same when it is repeated."""
    [job] = scanner.jobs()

    first = expect_json(scanner.tell(job, "start"))
    again = expect_json(scanner.tell(job, "start", {"attempt": 1}))

    assert first == again == {"ok": True, "leaseSeconds": 120}


def test_progress_says_whether_and_how_fast_to_go_on(scanner: Scanner) -> None:
    """The exact answer; the rate is the one that the job came with."""
    job = scanner.begin()

    answer = expect_json(scanner.tell(job, "progress", {"progressCount": 5, "resultCount": 2}))

    assert answer == {
        "ok": True,
        "control": "continue",
        "maxProbesPerSecond": job["maxProbesPerSecond"],
        "leaseSeconds": 120,
    }


def test_progress_of_a_canceled_scan_says_cancel(server: Server) -> None:
    """The scanner hears of it with its next call."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    job = scanner.begin()
    expect_json(server.admin.post(f"/api/scans/{scan['scanId']}/cancel"))

    assert expect_json(scanner.tell(job, "progress"))["control"] == "cancel"


def test_complete_may_be_repeated_but_not_changed(scanner: Scanner) -> None:
    """The same outcome is harmless, another one is refused."""
    job = scanner.begin()
    done = {"status": "completed", "resultCount": 3}

    assert expect_json(scanner.tell(job, "complete", done)) == {"ok": True}
    assert expect_json(scanner.tell(job, "complete", done)) == {"ok": True}
    other = scanner.tell(job, "complete", {"status": "failed", "errorMessage": "no"})
    expect_problem(other, 409, "INVALID_TRANSITION")


def test_a_failed_job_keeps_its_message(server: Server) -> None:
    """What the scanner said is shown with the task."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["10.0.0.1"])
    job = scanner.begin()
    expect_json(scanner.tell(job, "complete", {"status": "failed", "errorMessage": "no route\n"}))
    tasks = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/tasks"))["items"]

    assert [(t["status"], t["errorMessage"]) for t in tasks] == [("failed", "no route\n")]
    assert server.seen(scan)["status"] == "failed"


def test_release_keeps_what_was_done(server: Server) -> None:
    """The first hostsDone addresses count, the rest comes again with the next attempt."""
    scanner = server.scanner(taskCapacity=1)
    scan = server.scan(scanner, targets=["10.0.0.0/29"], hostsPerTask=8)
    job = scanner.begin()

    assert expect_json(scanner.tell(job, "release", {"hostsDone": 2})) == {"ok": True}
    assert expect_json(scanner.tell(job, "release", {"hostsDone": 2})) == {"ok": True}
    [again] = scanner.jobs()

    assert (again["jobId"], again["attempt"]) == (job["jobId"], 2)
    assert [t["range"] for t in again["targets"]] == ["10.0.0.2/31", "10.0.0.4/30"]
    assert server.seen(scan)["hosts"]["done"] == 2


def test_release_of_more_than_there_is_changes_nothing(scanner: Scanner) -> None:
    """A job of 64 addresses cannot have 65 of them done."""
    job = scanner.begin()

    assert list(expect_errors(scanner.tell(job, "release", {"hostsDone": 65}))) == ["hostsDone"]
    assert expect_json(scanner.tell(job, "progress"))["control"] == "continue"


@pytest.mark.parametrize(("step", "body"), STEPS[1:4])
def test_nothing_is_reported_before_the_start(scanner: Scanner, step: str, body: Any) -> None:
    """Progress, results and complete of a merely claimed job are refused."""
    [job] = scanner.jobs()

    expect_problem(scanner.tell(job, step, body), 409, "INVALID_TRANSITION")


@pytest.mark.parametrize("step", ["start", "progress", "release"])
def test_nothing_goes_on_after_the_end(scanner: Scanner, step: str) -> None:
    """A completed job can be neither started, nor reported on, nor given back."""
    job = scanner.begin()
    scanner.tell(job, "complete", {"status": "completed"})

    expect_problem(scanner.tell(job, step), 409, "INVALID_TRANSITION")


@pytest.mark.parametrize(("step", "body"), STEPS)
def test_a_job_of_another_scanner_is_out_of_reach(
    server: Server, scanner: Scanner, step: str, body: Any
) -> None:
    """Who never held it may do nothing about it."""
    [job] = scanner.jobs()

    expect_problem(server.scanner().tell(job, step, body), 403, "JOB_NOT_OWNED")


@pytest.mark.parametrize(("step", "body"), STEPS)
@pytest.mark.parametrize("job_id", [0, 1, 2**63, 10**500 - 1])
def test_an_unknown_job_is_not_found(scanner: Scanner, step: str, body: Any, job_id: int) -> None:
    """Whatever its number."""
    expect_problem(scanner.tell({"jobId": job_id}, step, body), 404, "JOB_NOT_FOUND")


@pytest.mark.parametrize("job_id", ["-1", "x", "1.0", "%00", "1'", "9" * 5000])
def test_what_is_no_number_is_no_job(scanner: Scanner, job_id: str) -> None:
    """There is no such route."""
    expect_problem(scanner.post(f"/scanner/jobs/{job_id}/start"), 404, "NOT_FOUND")


@pytest.mark.parametrize(("step", "body"), STEPS)
def test_a_job_of_another_site_is_not_found(
    server: Server, scanner: Scanner, step: str, body: Any
) -> None:
    """A site is a world of its own."""
    [job] = scanner.jobs()
    stranger = server.scanner(site=server.site("branch"))

    expect_problem(stranger.tell(job, step, body), 404, "JOB_NOT_FOUND")


@pytest.mark.parametrize(("step", "body"), STEPS)
def test_an_old_attempt_has_lost_its_lease(scanner: Scanner, step: str, body: Any) -> None:
    """After a job came back and went out again, its first attempt counts no more."""
    job = scanner.begin()
    scanner.tell(job, "release")
    again = scanner.begin()
    body = {**body, "attempt": 1}

    assert (again["jobId"], again["attempt"]) == (job["jobId"], 2)
    expect_problem(scanner.tell(job, step, body), 409, "LEASE_LOST")
    assert expect_json(scanner.tell(again, "progress", {"attempt": 2}))["ok"] is True


@pytest.mark.parametrize(("step", "body"), STEPS)
def test_who_held_a_job_before_has_lost_it(server: Server, step: str, body: Any) -> None:
    """Its former holder is told so even when it names no attempt."""
    first, second = server.scanner(), server.scanner()
    server.scan(first, second, targets=["10.0.0.1"])
    job = first.begin()
    first.tell(job, "release")
    [again] = second.jobs()

    assert again["jobId"] == job["jobId"]
    expect_problem(first.tell(job, step, body), 409, "LEASE_LOST")
    assert expect_json(second.tell(again, "start"))["ok"] is True


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("start", {"attempt": 0}, "attempt"),
        ("start", {"attempt": "1"}, "attempt"),
        ("start", {"attempt": True}, "attempt"),
        ("start", {"bogus": 1}, "bogus"),
        ("start", [], "body"),
        ("progress", {"progressCount": -1}, "progressCount"),
        ("progress", {"progressCount": 1.5}, "progressCount"),
        ("progress", {"resultCount": 2**53}, "resultCount"),
        ("complete", {}, "status"),
        ("complete", {"status": "done"}, "status"),
        ("complete", {"status": "failed", "errorMessage": "x" * 1001}, "errorMessage"),
        ("release", {"hostsDone": "3"}, "hostsDone"),
        ("results", {"batch": 1, "results": []}, "attempt"),
        ("results", {"attempt": 1, "results": []}, "batch"),
        ("results", {"attempt": 1, "batch": 0, "results": []}, "batch"),
        ("results", {"attempt": 1, "batch": 1, "results": {}}, "results"),
    ],
)
def test_wrong_fields_are_named(scanner: Scanner, step: str, body: Any, field: str) -> None:
    """Each in its own words, and the job stays as it was."""
    job = scanner.begin()

    assert list(expect_errors(scanner.tell(job, step, body))) == [field]
    assert expect_json(scanner.tell(job, "progress"))["control"] == "continue"
