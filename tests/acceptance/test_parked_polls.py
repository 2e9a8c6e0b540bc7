"""Polls that wait, over real sockets: gunicorn with two gevent workers, and an embedded store."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from os import kill
from pathlib import Path

import pytest

from tests.acceptance.polling import Fleet, Scanner
from tests.acceptance.running_up import RunningUp, alive, eventually

SOON_SECONDS = 1.0  # looking again by oneself takes much longer
MANY = 200
WAYS = pytest.mark.parametrize("more", [[], ["Connection: Keep-Alive"]], ids=["lane", "gunicorn"])


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    with RunningUp(tmp_path_factory.mktemp("up") / "data", "--workers", "2") as running:
        yield running


@pytest.fixture
def fleet(up: RunningUp) -> Iterator[Fleet]:
    fleet = Fleet(up)
    yield fleet
    fleet.close()


@pytest.fixture
def scanner(fleet: Fleet) -> Scanner:
    return fleet.scanner()


def test_work_comes_to_who_waits(fleet: Fleet) -> None:
    """To all of a fleet at once, over both workers, as soon as it is there."""
    scanners = [fleet.scanner() for _ in range(20)]
    fleet.park(*scanners)
    began = time.monotonic()
    fleet.scan(*scanners, targets=["192.0.2.0/24"], hostsPerTask=1)
    answers = [scanner.client.answer() for scanner in scanners]
    seconds = time.monotonic() - began

    assert [len(answer.jobs) for answer in answers] == [1] * 20
    assert len({answer.jobs[0]["jobId"] for answer in answers}) == 20
    assert seconds < SOON_SECONDS


@WAYS
def test_a_connection_goes_on_after_a_poll(fleet: Fleet, scanner: Scanner, more: list[str]) -> None:
    """Whether the poll found nothing, or was given work while it waited; whoever reads it."""
    scanner.client.send("/scanner/jobs?wait=1", *more)
    empty = scanner.client.answer()
    fleet.park(scanner, more=more)
    fleet.scan(scanner)
    found = scanner.client.answer()
    scanner.client.send("/healthz")
    after = scanner.client.answer()

    assert (empty.jobs, empty.headers["retry-after"]) == ([], "2")
    assert [empty.headers["connection"], found.headers["connection"]] == ["keep-alive"] * 2
    assert len(found.jobs) == 1
    assert after.status == 200


def test_answers_look_alike(scanner: Scanner) -> None:
    """A poll that waited in vain is answered with the headers of one that did not wait."""
    scanner.client.send("/scanner/jobs")
    at_once = scanner.client.answer()
    scanner.client.send("/scanner/jobs?wait=1")
    later = scanner.client.answer()

    assert list(at_once.headers) == list(later.headers)
    assert {**at_once.headers, "date": ""} == {**later.headers, "date": ""}
    assert at_once.body == later.body


@WAYS
def test_what_is_sent_ahead_is_no_hang_up(fleet: Fleet, scanner: Scanner, more: list[str]) -> None:
    """A client may send its next request before the poll is answered; it is served after it."""
    began = time.monotonic()
    scanner.client.send("/scanner/jobs?wait=2", *more, then="/healthz")
    poll = scanner.client.answer()
    seconds = time.monotonic() - began
    health = scanner.client.answer()
    fleet.park(scanner, more=more)
    scanner.client.send("/healthz")
    fleet.scan(scanner)
    found, again = scanner.client.answer(), scanner.client.answer()

    assert (poll.jobs, health.status) == ([], 200)
    assert seconds > 1.9
    assert (len(found.jobs), again.body) == (1, health.body)


@pytest.mark.parametrize(
    ("version", "more"),
    [("1.0", []), ("1.1", ["Connection: close"]), ("1.1", ["Content-Length: 0"])],
)
def test_unusual_requests_wait_too(
    fleet: Fleet, scanner: Scanner, version: str, more: list[str]
) -> None:
    """Those that cannot be put aside; a thread of the server waits with them."""
    scanner.client.send("/scanner/jobs?wait=20", *more, version=version)
    eventually(lambda: fleet.is_parked(scanner))
    fleet.scan(scanner)
    answer = scanner.client.answer()

    assert len(answer.jobs) == 1


@pytest.mark.parametrize("more", [[], ["Connection: Keep-Alive"], ["Connection: close"]])
@pytest.mark.parametrize("way", ["hang_up", "reset"])
def test_who_hangs_up_is_noticed(fleet: Fleet, way: str, more: list[str]) -> None:
    """Within about a second, and the store calls it no more: another has the work."""
    scanner, other = fleet.scanner(), fleet.scanner()
    scanner.client.send("/scanner/jobs?wait=20", *more)
    eventually(lambda: fleet.is_parked(scanner))
    getattr(scanner.client, way)()
    eventually(lambda: not fleet.is_parked(scanner), seconds=2)
    fleet.park(other)
    scan = fleet.scan(scanner, other)
    [job] = other.client.answer().jobs

    assert job["scanId"] == scan


def test_the_end_of_a_server_answers_all_at_once(tmp_path: Path) -> None:
    """Nobody waits for an answer that does not come, and the store calls nobody in vain."""
    with RunningUp(tmp_path / "data", "--workers", "2") as up:
        fleet = Fleet(up)
        scanners = [fleet.scanner() for _ in range(MANY)]
        fleet.park(*scanners[::2], seconds=30)
        fleet.park(*scanners[1::2], seconds=30, more=["Connection: Keep-Alive"])
        ingest = up.one("ingest")
        family = [ingest, *(each for each in up.family() if each.parent == ingest.pid)]
        began = time.monotonic()
        kill(ingest.pid, signal.SIGTERM)
        answers = [scanner.client.answer() for scanner in scanners]
        seconds = time.monotonic() - began
        closed = [scanner.client.is_closed() for scanner in scanners]
        eventually(lambda: not alive(family), seconds=3)
        parked = [scanner for scanner in scanners if fleet.is_parked(scanner)]
        fleet.close()

    assert [(answer.jobs, answer.headers["retry-after"]) for answer in answers] == [
        ([], "2")
    ] * MANY
    assert {answer.headers["connection"] for answer in answers} == {"close"}
    assert closed == [True] * MANY
    assert seconds < SOON_SECONDS
    assert parked == []
