"""Polls that wait for work, in a server whose requests have threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from queues.keys import SiteKeys
from tests.acceptance.running_up import eventually
from tests.integration.ingest.asking import Body, Scanner, Server, expect_json, expect_problem

Later = Callable[..., "Future[Any]"]
SOON_SECONDS = 1.0  # looking again by oneself takes much longer


@pytest.fixture
def later() -> Iterator[Later]:
    """Has something done meanwhile."""
    with ThreadPoolExecutor() as threads:
        yield threads.submit


@pytest.fixture
def other(server: Server) -> Scanner:
    return server.scanner("other")


@pytest.fixture
def scanner(server: Server) -> Scanner:
    return server.scanner()


def listed(scanner: Scanner) -> str:
    """Where the store keeps who waits on this scanner's own queue."""
    return SiteKeys("default").of("queue", f"s{scanner.scanner_id}", "polls")


def is_parked(server: Server, scanner: Scanner) -> bool:
    """Whether the store knows that it waits."""
    return server.store.zscore(listed(scanner), str(scanner.scanner_id)) is not None


def park(server: Server, later: Later, scanner: Scanner, query: str = "?wait=20") -> Future[Any]:
    """A poll, when the store knows that it waits."""
    poll = later(scanner.get, f"/scanner/jobs{query}")
    eventually(lambda: is_parked(server, scanner))
    return poll


def jobs(poll: Future[TestResponse]) -> list[Body]:
    return list(expect_json(poll.result(timeout=SOON_SECONDS))["jobs"])


def test_work_comes_to_who_waits(server: Server, scanner: Scanner, later: Later) -> None:
    """At the moment when it is there."""
    poll = park(server, later, scanner)
    scan = server.scan(scanner)
    [job] = jobs(poll)

    assert job["scanId"] == scan["scanId"]
    assert "Retry-After" not in poll.result().headers


def test_who_waits_in_vain_is_told_so(scanner: Scanner) -> None:
    """Not before the time is over, and with when to ask again."""
    began = time.monotonic()
    answer = scanner.get("/scanner/jobs?wait=1")
    seconds = time.monotonic() - began

    assert expect_json(answer) == {"jobs": []}
    assert answer.headers["Retry-After"] == "2"
    assert 0.9 < seconds < 5


def test_only_as_many_are_called_as_there_are_tasks(
    server: Server, scanner: Scanner, other: Scanner, later: Later
) -> None:
    """One task for two that wait: the other is not even woken."""
    first = park(server, later, scanner)
    second = park(server, later, other, "?wait=2")
    server.scan(scanner, other, targets=["10.0.0.1"])
    given = jobs(first)
    waiting = [is_parked(server, each) for each in (scanner, other)]

    assert len(given) == 1
    assert waiting == [False, True]
    assert expect_json(second.result()) == {"jobs": []}


def test_a_scan_behind_one_that_others_took_is_heard_of(
    server: Server, scanner: Scanner, other: Scanner, later: Later
) -> None:
    """Though the queue still holds the scan of which nothing is left."""
    first = park(server, later, scanner)
    second = park(server, later, other)
    server.scan(scanner, other, targets=["10.0.0.1"])
    taken = jobs(first)
    server.scan(other, targets=["10.0.0.2"])

    assert len(taken) == 1
    assert len(jobs(second)) == 1


def test_a_call_for_who_may_not_work_any_more_is_handed_on(
    server: Server, scanner: Scanner, other: Scanner, later: Later
) -> None:
    """A scanner that was disabled while it waited is told so, and another has the work."""
    refused = park(server, later, scanner)
    expect_json(server.admin.patch(f"/api/scanners/{scanner.scanner_id}", {"enabled": False}))
    served = park(server, later, other)
    server.scan(scanner, other, targets=["10.0.0.1"])

    assert len(jobs(served)) == 1
    expect_problem(refused.result(timeout=SOON_SECONDS), 403, "SCANNER_DISABLED")


def test_missed_calls_are_made_up_for(server: Server, scanner: Scanner, later: Later) -> None:
    """The connection by which the server hears of work was lost, and made again."""
    poll = park(server, later, scanner)
    server.store.delete(listed(scanner))  # it is called in vain
    server.scan(scanner)
    called = poll.done()
    server.store.client_kill_filter(_type="pubsub")

    assert not called
    assert len(jobs(poll)) == 1
