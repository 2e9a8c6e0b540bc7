"""How an agent begins, obeys its lease, meets hostile answers, and ends."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import AWAY, FakeDispatcher, job, options, running, service

from agent.run import run_agent

SLOW = [("127.0.0.0/16", "9")]
PROGRAM = """
import pathlib, sys
from agent.run import AgentOptions, run_agent
url, folder = sys.argv[1:3]
sys.exit(run_agent(AgentOptions(url=url, api_key="k.s", spool_dir=pathlib.Path(folder),
                                progress_seconds=0.2)))
"""


@pytest.fixture
def dispatcher() -> Iterator[FakeDispatcher]:
    with FakeDispatcher() as fake:
        yield fake


def process(dispatcher: FakeDispatcher, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM, dispatcher.url, str(folder)]
    )


def probed(dispatcher: FakeDispatcher, job_id: int) -> int:
    calls = dispatcher.of("progress", job_id)
    return calls[-1].body["progressCount"] if calls else 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_gives_the_job_back(
    dispatcher: FakeDispatcher, tmp_path: Path, number: signal.Signals
) -> None:
    """On SIGTERM or SIGINT: results sent, job released with what is done, exit 0 within 3 s."""
    with service("127.0.0.1") as port:
        targets = [("127.0.0.1", str(port)), *SLOW]
        dispatcher.jobs.append(job(1, targets, maxProbesPerSecond=300))
        with process(dispatcher, tmp_path) as agent:
            dispatcher.wait_for(lambda: probed(dispatcher, 1) > 30)
            agent.send_signal(number)
            code = agent.wait(3.5)

    assert code == 0
    assert dispatcher.of("release")[0].body["hostsDone"] > 30
    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}


def test_a_second_signal_ends_at_once(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Where the orderly stop takes too long for somebody, a second signal ends the agent."""
    dispatcher.standing_fault = lambda route, _: AWAY if route == "release" else None
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=300))
    with process(dispatcher, tmp_path) as agent:
        dispatcher.wait_for(lambda: probed(dispatcher, 1) > 30)
        agent.send_signal(signal.SIGTERM)
        dispatcher.wait_for(lambda: dispatcher.of("release!"))
        agent.send_signal(signal.SIGTERM)
        code = agent.wait(1.0)

    assert code == 130
    assert any((tmp_path / "k").iterdir())


def test_a_killed_agent_leaves_its_results_for_the_next(
    dispatcher: FakeDispatcher, tmp_path: Path
) -> None:
    """Killed with SIGKILL while the server is away: the next agent sends what was found."""
    dispatcher.standing_fault = lambda route, _: AWAY if route == "results" else None
    with service("127.0.0.1") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.1", str(port)), *SLOW], maxProbesPerSecond=300))
        with process(dispatcher, tmp_path) as agent:
            dispatcher.wait_for(lambda: dispatcher.of("results!"))
            agent.kill()
            agent.wait()
        dispatcher.standing_fault = lambda *_: None
        with process(dispatcher, tmp_path) as agent:
            dispatcher.wait_for(lambda: dispatcher.of("results"))
            agent.terminate()

    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}


def test_an_unknown_key_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A key that the server does not know: exit code 3, spool untouched."""
    dispatcher.faults["heartbeat"] = deque([(401, {"code": "INVALID_API_KEY"})])

    assert run_agent(options(dispatcher, tmp_path)) == 3


def test_an_unknown_engine_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """An engine that this machine does not have: exit code 2."""
    assert run_agent(options(dispatcher, tmp_path, engines=("masscan",))) == 2


def test_an_unusable_spool_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A spool folder that cannot be made: exit code 4."""
    (tmp_path / "file").write_text("")

    assert run_agent(options(dispatcher, tmp_path / "file")) == 4


def test_probing_stops_with_the_lease(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Cut off from the server, probing stops when the lease is over; the job is given back."""
    dispatcher.lease_seconds = 1.0
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=100))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: probed(dispatcher, 1) > 5)
        cut_off = dispatcher.of("progress")[-1].at
        dispatcher.standing_fault = lambda route, _: None if route == "release" else AWAY
        release = dispatcher.wait_for(lambda: dispatcher.of("release"))[0]

    assert 0.8 < release.at - cut_off < 2.5


@pytest.mark.parametrize(
    ("status", "code", "released"),
    [
        (403, "JOB_NOT_OWNED", False),
        (404, "JOB_NOT_FOUND", False),
        (409, "LEASE_LOST", False),
        (403, "SCANNER_DISABLED", True),
    ],
)
def test_a_job_that_is_not_ours_is_let_go(
    dispatcher: FakeDispatcher, tmp_path: Path, status: int, code: str, *, released: bool
) -> None:
    """On 403, 404 and LEASE_LOST probing stops; what was found is still offered, once."""
    with service("127.0.0.1") as port:
        targets = [("127.0.0.1", str(port)), *SLOW]
        dispatcher.jobs.append(job(1, targets, maxProbesPerSecond=300))
        dispatcher.standing_fault = lambda route, _: (
            (status, {"code": code}) if route == "progress" else None
        )
        with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
            dispatcher.wait_for(lambda: dispatcher.of("progress!"))
            dispatcher.wait_for(lambda: dispatcher.of("heartbeat")[-1].body["jobs"] == [])

    assert len(dispatcher.of("progress!")) == 1
    assert len(dispatcher.of("results")) <= 1
    assert bool(dispatcher.of("release")) is released


HOSTILE_JOBS: list[Any] = [
    None,
    7,
    {},
    {"jobId": "x"},
    {"jobId": 10**400, "attempt": 1},
]
ODD_JOBS: list[dict[str, Any]] = [
    {"jobId": 11, "attempt": 1},
    job(12, [("127.0.0.1", "0")]),
    job(13, [("-oN/etc/passwd", "1")]),
    job(14, [("127.0.0.1", "1")], engine="masscan"),
    job(15, [("127.0.0.1", "1")], engineArgs={"args": "-sS"}),
    job(16, [("127.0.0.1", "1")], leaseSeconds="long"),
]


def test_hostile_answers_do_not_end_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Odd jobs fail with a reason, unreadable ones are skipped, rubbish is survived."""
    dispatcher.faults["claim"] = deque(
        [(200, {}), (200, {"jobs": "x"}), (200, {"jobs": HOSTILE_JOBS}), (418, {}), (302, {})]
    )
    dispatcher.faults["heartbeat"] = deque(
        [(200, {}), (200, {"heartbeatSeconds": "x", "control": [7, {"jobId": []}], "drain": 7})]
    )
    dispatcher.faults["progress"] = deque([(200, {"control": {}, "leaseSeconds": -1})])
    dispatcher.jobs.extend([*ODD_JOBS, job(17, [("127.0.0.1", "1")])])
    with running(options(dispatcher, tmp_path, slots=8)):
        dispatcher.wait_for(lambda: len(dispatcher.of("complete")) == 7)
    outcome = {c.job_id: c.body for c in dispatcher.of("complete")}

    assert {i for i, body in outcome.items() if body["status"] == "failed"} == set(range(11, 17))
    assert all(outcome[i]["errorMessage"] for i in range(11, 17))
    assert outcome[17]["status"] == "completed"


def test_a_draining_agent_claims_nothing(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Told to drain, the agent asks for no more work."""
    drain = {"heartbeatSeconds": 0.2, "control": [], "drain": True}
    dispatcher.standing_fault = lambda route, _: (200, drain) if route == "heartbeat" else None
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("heartbeat!")) > 4)
        claims = len(dispatcher.of("claim"))
        dispatcher.wait_for(lambda: len(dispatcher.of("heartbeat!")) > 14)

        assert len(dispatcher.of("claim")) == claims


def test_the_heartbeat_says_who_and_what(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """The heartbeat names version, boot id, engines and machine; each start has its own id."""
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: dispatcher.of("heartbeat"))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(
            lambda: len({c.body["bootId"] for c in dispatcher.of("heartbeat")}) == 2
        )
    beats = [call.body for call in dispatcher.of("heartbeat")]

    assert "connect" in beats[0]["engines"]
    assert beats[0]["cpuCount"] == len(os.sched_getaffinity(0))
    assert beats[0]["memoryBytes"] > 2**20
