"""The agent's reports against a dispatcher that refuses, breaks off, or is away."""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import (
    AWAY,
    LOST,
    FakeDispatcher,
    Fault,
    eventually,
    job,
    options,
    running,
)

from agent.job import JobRef
from agent.outbox import Outbox
from agent.spool import FINAL, Spool

EVERY_PORT = {"engineArgs": {"report": "all"}}


@pytest.fixture
def dispatcher() -> Iterator[FakeDispatcher]:
    with FakeDispatcher() as fake:
        yield fake


def ports_found(dispatcher: FakeDispatcher, job_id: int = 1) -> list[int]:
    return sorted(row["port"] for row in dispatcher.stored[job_id, 1])


def rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    """All results in a sync."""
    return [row for said in body.get("jobs", []) for row in said.get("results", [])]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_body_too_large_is_split(dispatcher: FakeDispatcher, tmp_path: Path, jobs: int) -> None:
    """Calls above the server's limit arrive in pieces: every result once, numbers gapless."""
    dispatcher.standing_fault = lambda _, body: (
        (413, {"code": "BODY_TOO_LARGE"}) if len(rows(body)) > 30 else None
    )
    targets = [("127.0.0.1", "1-700")]
    dispatcher.jobs.extend(job(number, targets, **EVERY_PORT) for number in range(1, jobs + 1))
    with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == jobs)

    for number in range(1, jobs + 1):
        assert ports_found(dispatcher, number) == list(range(1, 701))
    assert [call.body["resultCount"] for call in dispatcher.of("completed")] == [700] * jobs
    assert dispatcher.refused() == []


@pytest.mark.parametrize("whole_call", [False, True])
def test_a_refused_result_costs_only_itself(
    dispatcher: FakeDispatcher, tmp_path: Path, *, whole_call: bool
) -> None:
    """A result that the server refuses, by its job or by the call, is lost; all tasks complete."""

    def odd(results: list[dict[str, Any]]) -> bool:
        return any((row["host"], row["port"]) == ("127.0.0.1", 50) for row in results)

    if whole_call:
        refusal = (422, {"code": "VALIDATION_ERROR"})
        dispatcher.standing_fault = lambda _, body: refusal if odd(rows(body)) else None
    else:
        dispatcher.refusal = lambda said: (
            "VALIDATION_ERROR" if odd(said.get("results", [])) else None
        )
    for number in (1, 2, 3):
        dispatcher.jobs.append(job(number, [(f"127.0.0.{number}", "1-100")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == 3)

    assert ports_found(dispatcher, 1) == [p for p in range(1, 101) if p != 50]
    for number in (2, 3):
        assert ports_found(dispatcher, number) == list(range(1, 101))
    assert dispatcher.of("released") == []


def test_a_gap_is_closed(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Where the server has lost a batch and says so, the next ones are renumbered and arrive."""
    forgotten: list[int] = []

    def forget(said: dict[str, Any]) -> None:
        if said.get("batch") == 2 and not forgotten:
            forgotten.append(len(dispatcher.stored.pop((1, 1))))
            dispatcher.batches.clear()

    dispatcher.refusal = forget
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-1200")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
        dispatcher.wait_for(lambda: dispatcher.of("completed"))

    assert forgotten == [500]
    assert len(ports_found(dispatcher)) == len(set(ports_found(dispatcher))) == 700


def test_reports_are_tried_again(
    dispatcher: FakeDispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer lost, a server away, out of store or in trouble: everything arrives, once."""
    monkeypatch.setattr(random, "uniform", lambda least, _most: least)  # the shortest waits
    trouble: list[Fault] = [LOST, AWAY, (503, {"code": "STORE_UNAVAILABLE"}), (500, {}), (200, {})]
    with_results, with_the_last_word = iter(trouble), iter(trouble)

    def fault(_: str, body: dict[str, Any]) -> Fault | None:
        states = {said["state"] for said in body.get("jobs", [])}
        if "completed" in states:
            return next(with_the_last_word, None)
        return next(with_results, None) if rows(body) else None

    dispatcher.standing_fault = fault
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-3000")], maxProbesPerSecond=2000, **EVERY_PORT))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == 2)

    assert next(with_results, None) is next(with_the_last_word, None) is None
    assert ports_found(dispatcher) == list(range(1, 3001))
    assert list((tmp_path / "key%2F1").iterdir()) == []


def test_the_spool_outlives_agent_and_server(tmp_path: Path) -> None:
    """What could not be sent is replayed in order by the next agent to the next server."""
    with FakeDispatcher() as dispatcher:
        dispatcher.standing_fault = lambda _, body: AWAY if rows(body) else None
        dispatcher.jobs.append(job(1, [("127.0.0.1", "1-600")], **EVERY_PORT))
        with running(options(dispatcher, tmp_path, flush_seconds=60.0, stop_seconds=0.3)) as agent:
            dispatcher.wait_for(lambda: agent._outbox._streams.get(JobRef(1, 1)))
            dispatcher.wait_for(lambda: dispatcher.of("sync!"))
            wait_for_final(agent._outbox)
    with FakeDispatcher() as dispatcher:
        with running(options(dispatcher, tmp_path)):
            dispatcher.wait_for(lambda: dispatcher.of("completed"))
        routes = [call.route for call in dispatcher.calls if call.job_id == 1]

        assert routes == ["running", "completed"]
        assert ports_found(dispatcher) == list(range(1, 601))


def wait_for_final(outbox: Outbox) -> None:
    """Until the last word of the only attempt lies in the spool."""
    eventually(lambda: any(entry.place == FINAL for entry in outbox._spool.entries()))


@pytest.mark.parametrize(
    "code",
    ["JOB_NOT_FOUND", "LEASE_LOST", "JOB_NOT_OWNED", "INVALID_TRANSITION", "VALIDATION_ERROR"],
)
def test_final_refusals_end_a_report(dispatcher: FakeDispatcher, tmp_path: Path, code: str) -> None:
    """A last word that will never be taken is sent once, and then nothing is left of it."""
    dispatcher.refusal = lambda said: code if said["state"] == "completed" else None
    dispatcher.jobs.extend(job(n, [("127.0.0.1", "1")]) for n in (1, 2))
    with running(options(dispatcher, tmp_path, slots=1)):
        dispatcher.wait_for(lambda: len(dispatcher.of("completed!")) == 2)
        dispatcher.wait_for(lambda: dispatcher.of("sync")[-1].body["jobs"] == [])

    assert [call.job_id for call in dispatcher.of("completed!")] == [1, 2]
    assert list((tmp_path / "key%2F1").iterdir()) == []


@pytest.mark.parametrize("whole_call", [False, True])
def test_a_full_spool_holds_further_jobs_back(
    dispatcher: FakeDispatcher, tmp_path: Path, *, whole_call: bool
) -> None:
    """Store and spool full: nothing is claimed or dropped, leases live; and then all arrives."""
    full = threading.Event()
    full.set()
    if whole_call:
        dispatcher.standing_fault = lambda _, body: (
            (503, {"code": "STORE_FULL"}) if full.is_set() and rows(body) else None
        )
    else:
        dispatcher.refusal = lambda said: (
            "STORE_FULL" if full.is_set() and "batch" in said else None
        )
    refused = "sync!" if whole_call else "running!"
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-3000")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path, spool_max_bytes=150_000)):
        dispatcher.wait_for(lambda: len(dispatcher.of(refused)) >= 2)
        dispatcher.add(job(2, [("127.0.0.1", "1")]))
        told = len(dispatcher.of("running"))
        dispatcher.wait_for(lambda: len(dispatcher.of(refused)) >= 4)
        dispatcher.wait_for(lambda: len(dispatcher.of("running")) > told + 3)
        held_back = len(dispatcher.jobs)
        full.clear()
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == 2)

    assert held_back == 1
    assert ports_found(dispatcher) == list(range(1, 3001))


def test_two_agents_with_one_key_do_not_share_a_spool(
    dispatcher: FakeDispatcher, tmp_path: Path
) -> None:
    """The second of two agents with one key and spool does not start."""
    chosen = options(dispatcher, tmp_path)
    with ExitStack() as stack:
        stack.enter_context(running(chosen))
        with pytest.raises(Exception, match="another agent with this key"):
            Spool(chosen.spool_folder, max_bytes=1)
