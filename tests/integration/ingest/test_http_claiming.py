"""GET /scanner/jobs: how many, which, and what a lost answer costs."""

from __future__ import annotations

import pytest

from tests.integration.ingest.asking import (
    Scanner,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)


@pytest.fixture
def scanner(server: Server) -> Scanner:
    """A scanner with room for 20 jobs, and a scan of 256 addresses for it."""
    scanner = server.scanner(taskCapacity=20)
    server.scan(scanner, hostsPerTask=4)
    return scanner


def test_a_job_says_all_that_a_scanner_needs(server: Server) -> None:
    """Each field of the contract is there, with its value, and no other."""
    scanner = server.scanner(maxProbesPerSecond=500)
    scan = server.scan(scanner, ports="80,22", hostsPerTask=64, engineArgs={"banner": True})

    [job] = scanner.jobs()

    assert isinstance(job.pop("jobId"), int)
    assert job.pop("rateLimitedBy")
    assert job == {
        "scanId": scan["scanId"],
        "attempt": 1,
        "targets": [{"range": "10.0.0.0/26", "ports": "22,80"}],
        "maxProbesPerSecond": 500,
        "leaseSeconds": 120,
        "engine": "connect",
        "engineArgs": {"banner": True},
    }


def test_nothing_limits_a_rate_that_nobody_limited(scanner: Scanner) -> None:
    """Null stands for no limit, and for nothing that bound it."""
    [job] = scanner.jobs()

    assert (job["maxProbesPerSecond"], job["rateLimitedBy"]) == (None, None)


def test_named_targets_bring_their_exclusions(server: Server) -> None:
    """A job of names carries what the scanner must apply to the addresses it finds."""
    scanner = server.scanner()
    server.scan(scanner, targets=["Host.example.org"], exclude=["10.9.0.0/16"])

    [job] = scanner.jobs()

    assert job["targets"] == [{"range": "host.example.org", "ports": "22,80"}]
    assert (job["exclusions"], job["scopes"]) == (["10.9.0.0/16"], [])


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("", 1),
        ("?limit=1", 1),
        ("?limit=3", 3),
        ("?limit=003", 3),
        ("?limit=10", 10),
        ("?limit=11", 10),
        ("?limit=1000000", 10),
        ("?limit=" + "9" * 30, 10),
        ("?limit=" + "9" * 4000, 10),
    ],
)
def test_limit_counts_up_to_ten(scanner: Scanner, query: str, given: int) -> None:
    """One by default, and ten where more is asked for."""
    jobs = scanner.jobs(query)

    assert len(jobs) == given
    assert len({job["jobId"] for job in jobs}) == given


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=", "limit=ten", "limit=1.5", "limit=1e1", "limit=--1"),
        *("limit=%D9%A3", "limit=-" + "9" * 500, "wait=-1", "wait=soon", "wait=", "limits=2"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(scanner: Scanner, query: str) -> None:
    """What is below the least, no number, or unknown is named, and nothing is handed out."""
    name = query.partition("=")[0]

    assert list(expect_errors(scanner.get(f"/scanner/jobs?{query}"))) == [name]
    assert len(scanner.jobs("?limit=10")) == 10


@pytest.mark.parametrize("wait", ["0", "1", "30", "31", "9" * 400])
def test_wait_is_taken(scanner: Scanner, wait: str) -> None:
    """However long a scanner would wait, work that is there is answered at once."""
    assert len(scanner.jobs(f"?wait={wait}")) == 1


def test_nothing_to_do_is_said_with_when_to_ask_again(server: Server) -> None:
    """An empty list, and Retry-After; with jobs there is none."""
    scanner = server.scanner()
    idle = scanner.get("/scanner/jobs")
    server.scan(scanner)
    busy = scanner.get("/scanner/jobs")

    assert expect_json(idle) == {"jobs": []}
    assert idle.headers["Retry-After"] == "2"
    assert len(expect_json(busy)["jobs"]) == 1
    assert "Retry-After" not in busy.headers


def test_three_failures_in_a_row_make_a_scanner_wait(scanner: Scanner) -> None:
    """Retry-After grows with the back-off, and no job comes before it is over."""
    for job in scanner.jobs("?limit=4"):
        scanner.tell(job, "start")
        scanner.tell(job, "complete", {"status": "failed"})

    answer = scanner.get("/scanner/jobs")

    assert expect_json(answer) == {"jobs": []}
    assert int(answer.headers["Retry-After"]) in {1, 2}


def test_a_repeated_request_gets_the_same_jobs_and_nothing_new(scanner: Scanner) -> None:
    """A lost answer loses nothing, whatever limit the repetition asks for."""
    first = scanner.jobs("?limit=2", headers={"X-Request-Id": "a"})
    again = scanner.jobs("?limit=10", headers={"X-Request-Id": "a"})
    other = scanner.jobs("?limit=2", headers={"X-Request-Id": "b"})

    assert again == first
    assert not {job["jobId"] for job in other} & {job["jobId"] for job in first}


def test_what_was_started_is_not_handed_out_again(scanner: Scanner) -> None:
    """Only jobs that wait for their start come again; after the last of them, new ones."""
    request = {"X-Request-Id": "a"}
    first, second = scanner.jobs("?limit=2", headers=request)
    scanner.tell(first, "start")
    rest = scanner.jobs("?limit=2", headers=request)
    scanner.tell(second, "start")
    new = scanner.jobs("?limit=2", headers=request)

    assert rest == [second]
    assert len(new) == 2
    assert not {first["jobId"], second["jobId"]} & {job["jobId"] for job in new}


def test_a_request_id_is_its_scanner_s_own(server: Server, scanner: Scanner) -> None:
    """Another scanner with the same id gets jobs of its own."""
    other = server.scanner(taskCapacity=20)
    server.scan(other)
    request = {"X-Request-Id": "a"}

    mine, theirs = scanner.jobs(headers=request), other.jobs(headers=request)

    assert mine[0]["scanId"] != theirs[0]["scanId"]


def test_a_request_id_may_be_anything(scanner: Scanner) -> None:
    """Its length and its characters do not matter."""
    odd = {"X-Request-Id": "ÿ:[" * 2000}

    assert scanner.jobs(headers=odd) == scanner.jobs(headers=odd)


def test_head_claims_nothing(scanner: Scanner) -> None:
    """HEAD has no body to name jobs in, and so must not take any."""
    answer = scanner.ask("HEAD", "/scanner/jobs?limit=10")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert len(scanner.jobs("?limit=10")) == 10


def test_a_scanner_without_heartbeat_has_every_engine(server: Server) -> None:
    """Nmap work goes to whoever never said what it can; once it has said, no more of it."""
    scanner = server.scanner(jobCapacity=2, taskCapacity=2)
    server.scan(scanner, engine="nmap", hostsPerTask=4)

    [job] = scanner.jobs()
    expect_json(scanner.post("/scanner/heartbeat", {"engines": ["connect"]}))

    assert job["engine"] == "nmap"
    assert scanner.jobs() == []


def test_a_body_on_a_get_changes_nothing(scanner: Scanner) -> None:
    """A body there means nothing, and is not read."""
    answer = scanner.get("/scanner/jobs", data=b"[[[", content_type="text/plain")

    assert len(expect_json(answer)["jobs"]) == 1


def test_answers_are_kept_by_no_cache(scanner: Scanner) -> None:
    """A proxy that repeated an answer would hand out one job twice."""
    answer = scanner.get("/scanner/jobs")

    assert answer.headers["Cache-Control"] == "no-store"
    assert expect_problem(scanner.get("/scanner/nothing"), 404, "NOT_FOUND")
