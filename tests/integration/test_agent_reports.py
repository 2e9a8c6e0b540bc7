"""The agent's reports against a dispatcher that refuses, breaks off, or is away."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import AWAY, LOST, FakeDispatcher, Fault, job, options, running

from agent.job import JobRef
from agent.outbox import Outbox
from agent.spool import Spool

EVERY_PORT = {"engineArgs": {"report": "all"}}


@pytest.fixture
def dispatcher() -> Iterator[FakeDispatcher]:
    with FakeDispatcher() as fake:
        yield fake


def ports_found(dispatcher: FakeDispatcher, job_id: int = 1) -> list[int]:
    return sorted(row["port"] for row in dispatcher.stored[job_id, 1])


def test_a_body_too_large_is_split(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Batches above the server's limit arrive in pieces: every result once, numbers gapless."""

    def limit(route: str, body: dict[str, Any]) -> Fault | None:
        too_large = route == "results" and len(body["results"]) > 30
        return (413, {"code": "BODY_TOO_LARGE"}) if too_large else None

    dispatcher.standing_fault = limit
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-700")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
        complete = dispatcher.wait_for(lambda: dispatcher.of("complete"))[0]

    batches = [call.body["batch"] for call in dispatcher.of("results")]
    assert ports_found(dispatcher) == list(range(1, 701))
    assert batches == list(range(1, len(batches) + 1))
    assert complete.body["resultCount"] == 700


def test_a_refused_result_costs_only_itself(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A batch with one result that the server refuses loses that one; the task completes."""

    def refuse(route: str, body: dict[str, Any]) -> Fault | None:
        refused = route == "results" and any(r["port"] == 50 for r in body["results"])
        return (422, {"code": "VALIDATION_ERROR"}) if refused else None

    dispatcher.standing_fault = refuse
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-100")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path)):
        complete = dispatcher.wait_for(lambda: dispatcher.of("complete"))[0]

    assert ports_found(dispatcher) == [p for p in range(1, 101) if p != 50]
    assert complete.body["status"] == "completed"


def test_a_gap_is_closed(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Where the server has lost a batch and says so, the next ones are renumbered and arrive."""
    dispatcher.faults["results"] = deque([(200, {"ok": True})])
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-1200")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
        dispatcher.wait_for(lambda: dispatcher.of("complete"))

    assert len(ports_found(dispatcher)) == len(set(ports_found(dispatcher))) == 700


def test_reports_are_tried_again(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """An answer lost, a server away, out of store or in trouble: everything arrives, once."""
    trouble: list[Fault] = [LOST, AWAY, (503, {"code": "STORE_UNAVAILABLE"}), (500, {})]
    dispatcher.faults = {"results": deque(trouble), "complete": deque(trouble)}
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-100")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("complete")) == 2)

    assert ports_found(dispatcher) == list(range(1, 101))
    assert list((tmp_path / "key%2F1").iterdir()) == []


def test_the_spool_outlives_agent_and_server(tmp_path: Path) -> None:
    """What could not be sent is replayed in order by the next agent to the next server."""
    with FakeDispatcher() as dispatcher:
        dispatcher.standing_fault = lambda route, _: (
            AWAY if route in {"results", "complete", "release"} else None
        )
        dispatcher.jobs.append(job(1, [("127.0.0.1", "1-600")], **EVERY_PORT))
        with running(options(dispatcher, tmp_path, flush_seconds=60.0, stop_seconds=0.3)) as agent:
            dispatcher.wait_for(lambda: agent._outbox._streams.get(JobRef(1, 1)))
            dispatcher.wait_for(lambda: dispatcher.of("results!"))
            wait_for_final(agent._outbox)
    with FakeDispatcher() as dispatcher:
        with running(options(dispatcher, tmp_path)):
            dispatcher.wait_for(lambda: dispatcher.of("complete"))
        routes = [call.route for call in dispatcher.calls if call.job_id == 1]

        assert routes == ["results", "results", "complete"]
        assert ports_found(dispatcher) == list(range(1, 601))


def wait_for_final(outbox: Outbox) -> None:
    """Until the last word of the only attempt lies in the spool."""
    with outbox._changed:
        assert outbox._changed.wait_for(
            lambda: any(entry.place == 10**9 for entry in outbox._spool.entries()), 10
        )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "JOB_NOT_FOUND"),
        (409, "LEASE_LOST"),
        (403, "JOB_NOT_OWNED"),
        (409, "INVALID_TRANSITION"),
        (422, "VALIDATION_ERROR"),
    ],
)
def test_final_refusals_end_a_report(
    dispatcher: FakeDispatcher, tmp_path: Path, status: int, code: str
) -> None:
    """A last word that will never be taken is sent once, and then nothing is left of it."""
    dispatcher.standing_fault = lambda route, _: (
        (status, {"code": code}) if route == "complete" else None
    )
    dispatcher.jobs.extend(job(n, [("127.0.0.1", "1")]) for n in (1, 2))
    with running(options(dispatcher, tmp_path, slots=1)):
        dispatcher.wait_for(lambda: len(dispatcher.of("complete!")) == 2)
        dispatcher.wait_for(lambda: dispatcher.of("heartbeat")[-1].body["jobs"] == [])

    assert [call.job_id for call in dispatcher.of("complete!")] == [1, 2]
    assert list((tmp_path / "key%2F1").iterdir()) == []


def test_a_full_spool_holds_further_jobs_back(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """While the spool is full nothing more is claimed and nothing dropped; then all arrives."""
    away = threading.Event()
    away.set()
    dispatcher.standing_fault = lambda route, _: (
        AWAY if away.is_set() and route == "results" else None
    )
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1-3000")], **EVERY_PORT))
    with running(options(dispatcher, tmp_path, spool_max_bytes=150_000)):
        dispatcher.wait_for(lambda: len(dispatcher.of("results!")) >= 2)
        claims = len(dispatcher.of("claim"))
        dispatcher.jobs.append(job(2, [("127.0.0.1", "1")]))
        dispatcher.wait_for(lambda: len(dispatcher.of("results!")) >= 4)
        held_back = len(dispatcher.jobs)
        away.clear()
        dispatcher.wait_for(lambda: len(dispatcher.of("complete")) == 2)

    assert claims >= 1
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
