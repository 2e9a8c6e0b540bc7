"""POST /scanner/heartbeat: what the scanner is, and which of its jobs are not to go on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import Scanner, Server, expect_errors, expect_json

QUIET = {"ok": True, "heartbeatSeconds": 30, "control": [], "drain": False}


def beat(scanner: Scanner, **body: Any) -> dict[str, Any]:
    return expect_json(scanner.post("/scanner/heartbeat", body))


def test_a_heartbeat_may_say_nothing(server: Server) -> None:
    """Neither a body nor anything in it is needed."""
    scanner = server.scanner()

    assert expect_json(scanner.post("/scanner/heartbeat")) == QUIET
    assert beat(scanner) == QUIET


def test_a_heartbeat_tells_what_the_scanner_is(server: Server) -> None:
    """Its facts are shown to operators, and its capacities follow from them."""
    scanner = server.scanner()
    before = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))
    beat(
        scanner, version="1.2", bootId="b", engines=["connect", "nmap"], load=0.5, cpuCount=1,
        memoryBytes=512 * 2**20,
    )  # fmt: skip
    after = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))

    assert (before["status"], before["lastSeenAt"], before["version"]) == ("offline", None, None)
    assert (after["status"], after["version"]) == ("online", "1.2")
    assert after["engines"] == ["connect", "nmap"]
    assert (after["targetCapacity"], after["taskCapacity"]) == (256, 2)
    assert after["lastSeenAt"].endswith("Z")


def test_what_is_not_said_again_stays(server: Server) -> None:
    """A heartbeat without facts takes none back."""
    scanner = server.scanner()
    beat(scanner, version="1.2", engines=["nmap"])
    beat(scanner)

    after = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))
    assert (after["version"], after["engines"]) == ("1.2", ["nmap"])


def test_jobs_that_go_on_are_not_mentioned(server: Server) -> None:
    """Control words are for those that are not to go on."""
    scanner = server.scanner()
    server.scan(scanner)
    job = scanner.begin()

    assert beat(scanner, jobs=[{"jobId": job["jobId"]}]) == QUIET
    assert beat(scanner, jobs=[{"jobId": job["jobId"], "attempt": 1}]) == QUIET


def test_jobs_of_a_canceled_scan_are_to_be_canceled(server: Server) -> None:
    """Until the scanner has given them back; then they are no longer its own."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    listed = [{"jobId": scanner.begin()["jobId"]}]
    expect_json(server.admin.post(f"/api/scans/{scan['scanId']}/cancel"))

    assert beat(scanner, jobs=listed)["control"] == [{**listed[0], "control": "cancel"}]
    scanner.tell(listed[0], "release")
    assert beat(scanner, jobs=listed)["control"] == [{**listed[0], "control": "lease_lost"}]


@pytest.mark.parametrize("listed", [{"jobId": 1}, {"jobId": 2**53 - 1, "attempt": 7}])
def test_a_job_that_nobody_knows_is_lost(server: Server, listed: dict[str, int]) -> None:
    """So that a scanner stops what the server forgot."""
    answer = beat(server.scanner(), jobs=[listed])

    assert answer["control"] == [{"jobId": listed["jobId"], "control": "lease_lost"}]


def test_a_job_of_another_or_an_old_attempt_is_lost(server: Server) -> None:
    """Only whoever holds it now may go on."""
    first, second = server.scanner(), server.scanner()
    server.scan(first, second, targets=["10.0.0.1"])
    job = first.begin()
    lost = [{"jobId": job["jobId"], "control": "lease_lost"}]

    assert beat(second, jobs=[{"jobId": job["jobId"]}])["control"] == lost
    first.tell(job, "release")
    [again] = first.jobs()
    assert again["attempt"] == 2
    assert beat(first, jobs=[{"jobId": job["jobId"], "attempt": 1}])["control"] == lost
    assert beat(first, jobs=[{"jobId": job["jobId"], "attempt": 2}])["control"] == []


def test_a_site_may_have_durations_of_its_own(server: Server) -> None:
    """Its scanners are told those, and to be heard of three times within a lease."""
    site = server.site("hasty", lease_seconds=45, idle_retry_seconds=7)
    scanner = server.scanner(site=site)
    idle = scanner.get("/scanner/jobs")
    server.scan(scanner, site=site)
    [job] = scanner.jobs()

    assert idle.headers["Retry-After"] == "7"
    assert beat(scanner)["heartbeatSeconds"] == 15
    assert job["leaseSeconds"] == 45
    assert expect_json(scanner.tell(job, "start"))["leaseSeconds"] == 45
    assert expect_json(scanner.tell(job, "progress"))["leaseSeconds"] == 45


def test_a_hundred_jobs_are_the_most(server: Server) -> None:
    """One more is refused."""
    scanner = server.scanner()
    many = [{"jobId": number} for number in range(1, 102)]

    assert len(beat(scanner, jobs=many[:100])["control"]) == 100
    assert list(expect_errors(scanner.post("/scanner/heartbeat", {"jobs": many}))) == ["jobs"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": 1}, "version"),
        ({"version": "x" * 101}, "version"),
        ({"engines": "nmap"}, "engines"),
        ({"engines": {"nmap": 1}}, "engines"),
        ({"engines": ["nmap,connect"]}, "engines.0"),
        ({"engines": ["nmap\n"]}, "engines.0"),
        ({"jobs": [{}]}, "jobs.0.jobId"),
        ({"jobs": [{"jobId": "1"}]}, "jobs.0.jobId"),
        ({"jobs": [5]}, "jobs.0"),
        ({"load": "0.5"}, "load"),
        ({"load": True}, "load"),
        ({"load": -1}, "load"),
        ({"cpuCount": 0}, "cpuCount"),
        ({"cpuCount": 1.0}, "cpuCount"),
        ({"memoryBytes": 2**53}, "memoryBytes"),
        ({"state": "fine"}, "state"),
    ],
)
def test_facts_that_are_none_are_named(server: Server, body: dict[str, Any], field: str) -> None:
    """Each in its own words, and nothing of the heartbeat is kept."""
    scanner = server.scanner()

    assert list(expect_errors(scanner.post("/scanner/heartbeat", body))) == [field]
    after = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))
    assert after["lastSeenAt"] is None
