"""POST /scanner/sync: everything that a scanner has to say, and its next jobs, in one call."""

from __future__ import annotations

from collections.abc import Iterator
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

QUIET = {
    "ok": True, "heartbeatSeconds": 30, "leaseSeconds": 120, "drain": False, "jobs": [],
    "control": [], "errors": [],
}  # fmt: skip


def sync(scanner: Scanner, *jobs: Body, headers: Any = None, **body: Any) -> Body:
    """What a sync is answered."""
    said = {"jobs": list(jobs), **body}
    return expect_json(scanner.post("/scanner/sync", said, headers=headers))


def said(job: Body, state: str = "running", **more: Any) -> Body:
    """What is said of a job."""
    return {"jobId": job["jobId"], "attempt": job["attempt"], "state": state, **more}


def codes(answer: Body) -> dict[int, str]:
    return {error["jobId"]: error["code"] for error in answer["errors"]}


def found(host: str, **more: Any) -> Body:
    return {"host": host, "state": "up", **more}


@pytest.fixture
def scanner(server: Server) -> Scanner:
    """A scanner with room for two jobs, and a scan in four jobs of 64 addresses."""
    scanner = server.scanner(taskCapacity=2)
    server.scan(scanner, hostsPerTask=64)
    return scanner


def test_a_sync_may_say_nothing(server: Server) -> None:
    """Neither a body nor anything in it is needed; it counts as contact."""
    scanner = server.scanner()

    assert expect_json(scanner.post("/scanner/sync")) == QUIET
    assert sync(scanner) == QUIET
    seen = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))
    assert seen["status"] == "online"


def test_a_whole_scan_needs_few_calls(server: Server) -> None:
    """Jobs come with the reports on those before; results and last words are taken."""
    scanner = server.scanner(taskCapacity=2)
    scan = server.scan(scanner, hostsPerTask=64)
    first, second = sync(scanner, want=2)["jobs"]
    hosts = [job["targets"][0]["range"].partition("/")[0] for job in (first, second)]
    results = [found(host) for host in hosts]
    batch = {"batch": 1, "results": results, "progressCount": 64, "resultCount": 2}
    third, fourth = sync(
        scanner, said(first, "completed", **batch), said(second, "completed"), want=5
    )["jobs"]
    last = sync(scanner, said(third, "completed"), said(fourth, "completed"), want=5)

    assert last == QUIET
    assert (server.seen(scan)["status"], server.seen(scan)["hosts"]["done"]) == ("completed", 256)
    assert [row["host"] for row in server.results(scan)] == hosts
    assert server.seen(scan)["resultCount"] == 2


def test_a_job_is_as_the_plain_call_gives_it(scanner: Scanner) -> None:
    """The same fields with the same values."""
    [job] = sync(scanner, want=1, headers={"X-Request-Id": "a"})["jobs"]

    assert scanner.jobs(headers={"X-Request-Id": "a"}) == [job]


def test_being_listed_starts_a_job(server: Server) -> None:
    """Until then it is merely claimed."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    [job] = sync(scanner, want=1)["jobs"]
    before = server.seen(scan)["tasks"]
    sync(scanner, said(job, progressCount=7))
    [task] = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/tasks"))["items"]

    assert (before["claimed"], before["running"]) == (1, 0)
    assert (server.seen(scan)["status"], task["progressCount"]) == ("running", 7)


def test_what_was_given_back_is_handed_out_again(server: Server) -> None:
    """What is done of it is done."""
    scanner = server.scanner(taskCapacity=1)
    scan = server.scan(scanner, targets=["10.0.0.0/29"])
    [job] = sync(scanner, want=1)["jobs"]
    [again] = sync(scanner, said(job, "released", hostsDone=4), want=1)["jobs"]

    assert [target["range"] for target in again["targets"]] == ["10.0.0.4/30"]
    assert server.seen(scan)["hosts"]["done"] == 4


def test_a_failed_job_keeps_its_message(server: Server) -> None:
    """As after the plain call."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    [job] = sync(scanner, want=1)["jobs"]
    sync(scanner, said(job, "failed", errorMessage="no route"))
    [task] = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/tasks"))["items"]

    assert (task["status"], task["errorMessage"]) == ("failed", "no route")


def test_one_report_refused_leaves_the_others(server: Server, scanner: Scanner) -> None:
    """Each has the code of the plain call, and a sentence."""
    stranger = server.scanner()
    server.scan(stranger, targets=["10.9.0.0/30"])
    [foreign] = sync(stranger, want=1)["jobs"]
    first, second = sync(scanner, want=2)["jobs"]
    unknown = {"jobId": 7, "attempt": 1}
    answer = sync(
        scanner, said(unknown), said(foreign, "completed"), said(first, "completed"), said(second)
    )
    again = sync(scanner, said(first, "failed"), said(second, "released", hostsDone=65))

    assert codes(answer) == {7: "JOB_NOT_FOUND", foreign["jobId"]: "JOB_NOT_OWNED"}
    assert codes(again) == {
        first["jobId"]: "INVALID_TRANSITION",
        second["jobId"]: "VALIDATION_ERROR",
    }
    assert all(error["detail"] for error in (*answer["errors"], *again["errors"]))
    assert sync(scanner, said(first, "completed"), said(second)) == QUIET


def test_results_from_elsewhere_refuse_their_job_only(server: Server, scanner: Scanner) -> None:
    """Nothing of it is taken, neither its results nor its state."""
    first, second = sync(scanner, want=2)["jobs"]
    answer = sync(
        scanner,
        said(first, "completed", batch=1, results=[found("10.0.0.1"), found("192.0.2.1")]),
        said(second, "completed", batch=1, results=[found("10.0.0.65")]),
    )
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]

    assert codes(answer) == {first["jobId"]: "VALIDATION_ERROR"}
    assert [row["host"] for row in server.results(scan)] == ["10.0.0.65"]
    assert server.seen(scan)["tasks"]["completed"] == 1


def test_a_process_that_knows_nothing_of_the_jobs_checks_them_all_the_same(
    server: Server, scanner: Scanner
) -> None:
    """It looks them up, also those that nobody knows."""
    first, second = sync(scanner, want=2)["jobs"]
    spaces = server.flask.extensions["dispatch"].work.spaces
    spaces._places.clear()
    spaces._parts.clear()
    answer = sync(
        scanner,
        said(first, batch=1, results=[found("192.0.2.1")]),
        said(second, batch=1, results=[found("10.0.0.65")]),
        said({"jobId": 7, "attempt": 1}, batch=1, results=[found("10.0.0.1")]),
    )

    assert codes(answer) == {first["jobId"]: "VALIDATION_ERROR", 7: "JOB_NOT_FOUND"}


def test_batches_are_counted_as_by_the_plain_call(server: Server, scanner: Scanner) -> None:
    """One at or below the last is not stored again, a gap is refused, an empty one counts."""
    [job] = sync(scanner, want=1)["jobs"]
    for batch in (1, 1, 2):
        results = [found("10.0.0.1")] if batch == 1 else []
        assert sync(scanner, said(job, batch=batch, results=results)) == QUIET
    answer = sync(scanner, said(job, "completed", batch=4, results=[]))
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]

    assert codes(answer) == {job["jobId"]: "BATCH_GAP"}
    assert len(server.results(scan)) == 1
    assert sync(scanner, said(job, "completed", batch=3, results=[])) == QUIET


def test_who_lost_a_job_is_told_and_its_results_are_kept_late(
    server: Server, scanner: Scanner
) -> None:
    """In errors, and as a word of control, so that nobody who reads only one goes on."""
    [job] = sync(scanner, want=1)["jobs"]
    sync(scanner, said(job, "released"))
    answer = sync(scanner, said(job, "completed", batch=1, results=[found("10.0.0.1")]))
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]

    assert codes(answer) == {job["jobId"]: "LEASE_LOST"}
    assert answer["control"] == [{"jobId": job["jobId"], "control": "lease_lost"}]
    assert [row["late"] for row in server.results(scan)] == [True]


@pytest.mark.parametrize(("step", "word"), [("pause", "pause"), ("cancel", "cancel")])
def test_running_jobs_are_told_what_not_to_go_on_with(
    server: Server, scanner: Scanner, step: str, word: str
) -> None:
    """Those that go on are not mentioned."""
    [job] = sync(scanner, want=1)["jobs"]
    quiet = sync(scanner, said(job))
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]
    expect_json(server.admin.post(f"/api/scans/{scan['scanId']}/{step}"))

    assert quiet == QUIET
    assert sync(scanner, said(job))["control"] == [{"jobId": job["jobId"], "control": word}]
    assert sync(scanner, said(job, "released"))["control"] == []


def test_changed_rules_hold_at_once(server: Server, scanner: Scanner) -> None:
    """A job in flight that touches a new exclusion is to be canceled; the next respects it."""
    [job] = sync(scanner, want=1)["jobs"]
    sync(scanner, said(job))
    for cidr in ("10.0.0.0/26", "10.0.0.64/27"):
        expect_json(server.admin.post("/api/exclusions", {"cidr": cidr}), 201)
    answer = sync(scanner, said(job), want=1)

    assert answer["control"] == [{"jobId": job["jobId"], "control": "cancel"}]
    [ranges] = [[target["range"] for target in new["targets"]] for new in answer["jobs"]]
    assert ranges == ["10.0.0.96/27", "10.0.0.128/27"]
    assert answer["errors"] == []


def test_a_lost_answer_loses_no_job(scanner: Scanner) -> None:
    """The same request gets the same new jobs, and its reports do no harm."""
    [job] = sync(scanner, want=1)["jobs"]
    asked = {"headers": {"X-Request-Id": "once"}, "want": 1}
    first = sync(scanner, said(job, "completed"), **asked)
    again = sync(scanner, said(job, "completed"), **asked)

    assert len(first["jobs"]) == 1
    assert again == first


def test_no_job_where_none_is_wanted(scanner: Scanner) -> None:
    """And then nobody is told when to ask again."""
    answer = scanner.post("/scanner/sync", {"want": 0})

    assert expect_json(answer) == QUIET
    assert "Retry-After" not in answer.headers


def test_who_gets_none_is_told_when_to_ask_again(server: Server, scanner: Scanner) -> None:
    """Only then."""
    some = scanner.post("/scanner/sync", {"want": 1})
    none = server.scanner().post("/scanner/sync", {"want": 1})

    assert len(expect_json(some)["jobs"]) == 1
    assert "Retry-After" not in some.headers
    assert none.headers["Retry-After"] == "2"


def test_many_jobs_in_one_call(server: Server) -> None:
    """Up to a hundred, as many reports, and one more of either is refused."""
    scanner = server.scanner(targetCapacity=1000, taskCapacity=150)
    server.scan(scanner, hostsPerTask=1)
    jobs = sync(scanner, want=100)["jobs"]
    answer = sync(scanner, *(said(job, "completed") for job in jobs))

    assert (len(jobs), answer) == (100, QUIET)
    too_many = {"jobs": [said(job) for job in [*jobs, jobs[0]]], "want": 101}
    assert set(expect_errors(scanner.post("/scanner/sync", too_many))) == {"jobs", "want"}


def test_jobs_are_bound_to_addresses_only_where_some_are_wanted(server: Server) -> None:
    """What was done may be said from anywhere."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16"])
    refused = scanner.post("/scanner/sync", {"want": 1})

    expect_problem(refused, 403, "IP_BINDING_VIOLATION")
    assert sync(scanner) == QUIET


def test_a_disabled_scanner_says_nothing(server: Server) -> None:
    """From the next call on, although the process remembers it as it was."""
    scanner = server.scanner()
    sync(scanner)
    expect_json(server.admin.patch(f"/api/scanners/{scanner.scanner_id}", {"enabled": False}))

    expect_problem(scanner.post("/scanner/sync"), 403, "SCANNER_DISABLED")


def test_a_draining_scanner_gets_no_jobs(server: Server, scanner: Scanner) -> None:
    """And is told so."""
    expect_json(server.admin.post(f"/api/scanners/{scanner.scanner_id}/drain"))
    answer = sync(scanner, want=1)

    assert (answer["drain"], answer["jobs"]) == (True, [])


def test_a_sync_tells_what_the_scanner_is(server: Server) -> None:
    """With the fields of a heartbeat."""
    scanner = server.scanner()
    sync(scanner, version="1.2", engines=["nmap"], cpuCount=1, memoryBytes=512 * 2**20)
    view = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))

    assert (view["version"], view["engines"], view["targetCapacity"]) == ("1.2", ["nmap"], 256)


@pytest.fixture
def memory(server: Server) -> Iterator[Any]:
    """What the process knows of the store's memory; it does not look again meanwhile."""
    memory = server.flask.extensions["dispatch"].work.memory
    memory._looked_at, memory._share = float("inf"), 0.0
    yield memory
    memory._looked_at = float("-inf")


def test_a_full_store_takes_last_words_but_no_results(
    server: Server, scanner: Scanner, memory: Any
) -> None:
    """What ends work frees memory."""
    first, second = sync(scanner, want=2)["jobs"]
    memory._share = 0.9
    answer = sync(
        scanner,
        said(first, "completed", batch=1, results=[found("10.0.0.1")]),
        said(second, "completed"),
    )
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]

    assert codes(answer) == {first["jobId"]: "STORE_FULL"}
    assert server.seen(scan)["tasks"]["completed"] == 1


REFUSED: list[tuple[Body, str]] = [
    ({}, "jobs.0.jobId"),
    ({"state": "done"}, "jobs.0.state"),
    ({"attempt": 0}, "jobs.0.attempt"),
    ({"batch": 1}, "jobs.0.results"),
    ({"results": []}, "jobs.0.batch"),
    ({"batch": 0, "results": []}, "jobs.0.batch"),
    ({"batch": 1, "results": [{"host": "x", "state": "up"}]}, "jobs.0.results.0.host"),
    ({"hostsDone": -1}, "jobs.0.hostsDone"),
    ({"errorMessage": "x" * 1001}, "jobs.0.errorMessage"),
    ({"bogus": 1}, "jobs.0.bogus"),
]


@pytest.mark.parametrize(("more", "field"), REFUSED)
def test_fields_that_are_none_refuse_the_call(
    server: Server, scanner: Scanner, more: Body, field: str
) -> None:
    """Each in its own words, and nothing of the call is taken."""
    [job] = sync(scanner, want=1)["jobs"]
    report = {**said(job, "completed"), **more} if more else {"attempt": 1, "state": "running"}
    answer = scanner.post("/scanner/sync", {"jobs": [report], "want": 1})
    [scan] = expect_json(server.admin.get("/api/scans"))["items"]

    assert list(expect_errors(answer)) == [field]
    assert server.seen(scan)["tasks"]["claimed"] == 1
