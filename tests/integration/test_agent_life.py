"""How an agent begins, obeys its lease, meets hostile answers, and ends."""

import os
import random
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import AWAY, FakeDispatcher, Fault, job, options, running, service

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
    calls = dispatcher.of("running", job_id)
    return max((call.body.get("progressCount", 0) for call in calls), default=0)


def states(body: dict[str, Any]) -> list[str]:
    """What a sync says of the jobs."""
    return [said["state"] for said in body.get("jobs", [])]


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
    assert dispatcher.of("released")[0].body["hostsDone"] > 30
    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}


def test_a_second_signal_ends_at_once(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Where the orderly stop takes too long for somebody, a second signal ends the agent."""
    dispatcher.standing_fault = lambda _, body: AWAY if "released" in states(body) else None
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=300))
    with process(dispatcher, tmp_path) as agent:
        dispatcher.wait_for(lambda: probed(dispatcher, 1) > 30)
        agent.send_signal(signal.SIGTERM)
        dispatcher.wait_for(lambda: dispatcher.of("sync!"))
        agent.send_signal(signal.SIGTERM)
        code = agent.wait(1.0)

    assert code == 130
    assert any((tmp_path / "k").iterdir())


def test_a_killed_agent_leaves_its_results_for_the_next(
    dispatcher: FakeDispatcher, tmp_path: Path
) -> None:
    """Killed with SIGKILL while the server is away: the next agent sends what was found."""
    dispatcher.standing_fault = lambda _, body: (
        AWAY if any("batch" in said for said in body.get("jobs", [])) else None
    )
    with service("127.0.0.1") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.1", str(port)), *SLOW], maxProbesPerSecond=300))
        with process(dispatcher, tmp_path) as agent:
            dispatcher.wait_for(lambda: dispatcher.of("sync!"))
            agent.kill()
            agent.wait()
        dispatcher.standing_fault = lambda *_: None
        with process(dispatcher, tmp_path) as agent:
            dispatcher.wait_for(lambda: dispatcher.stored)
            agent.terminate()

    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}


def test_an_unknown_key_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A key that the server does not know: exit code 3, spool untouched."""
    dispatcher.faults["sync"] = deque([(401, {"code": "INVALID_API_KEY"})])

    assert run_agent(options(dispatcher, tmp_path)) == 3


def test_an_unknown_engine_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """An engine that this machine does not have: exit code 2."""
    assert run_agent(options(dispatcher, tmp_path, engines=("masscan",))) == 2


def test_an_unusable_spool_ends_the_agent(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A spool folder that cannot be made: exit code 4."""
    (tmp_path / "file").write_text("")

    assert run_agent(options(dispatcher, tmp_path / "file")) == 4


def test_probing_stops_with_the_lease(
    dispatcher: FakeDispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off from the server, probing stops when the lease is over; the job is given back."""
    monkeypatch.setattr(random, "uniform", lambda least, _most: least)  # the shortest waits
    dispatcher.lease_seconds = 1.0
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=100))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: probed(dispatcher, 1) > 5)
        cut_off = dispatcher.of("running")[-1].at
        dispatcher.standing_fault = lambda _, body: None if "released" in states(body) else AWAY
        release = dispatcher.wait_for(lambda: dispatcher.of("released"))[0]

    assert 0.8 < release.at - cut_off < 2.5
    assert release.body["hostsDone"] <= 100 * 1.5


def test_nothing_is_probed_before_the_server_has_heard_of_it(
    dispatcher: FakeDispatcher, tmp_path: Path
) -> None:
    """A job of which the server cannot be told that it starts is given back untouched."""
    dispatcher.standing_fault = lambda _, body: AWAY if "running" in states(body) else None
    dispatcher.jobs.append(job(1, SLOW, leaseSeconds=1))
    with running(options(dispatcher, tmp_path)):
        release = dispatcher.wait_for(lambda: dispatcher.of("released"))[0]

    assert release.body["hostsDone"] == 0


@pytest.mark.parametrize(
    ("code", "released"),
    [
        ("JOB_NOT_OWNED", False),
        ("JOB_NOT_FOUND", False),
        ("LEASE_LOST", False),
        ("INVALID_TRANSITION", True),
        ("SCANNER_DISABLED", True),
    ],
)
def test_a_job_that_is_not_ours_is_let_go(
    dispatcher: FakeDispatcher, tmp_path: Path, code: str, *, released: bool
) -> None:
    """Refused, probing stops; what was found is still offered, once."""
    with service("127.0.0.1") as port:
        targets = [("127.0.0.1", str(port)), *SLOW]
        dispatcher.jobs.append(job(1, targets, maxProbesPerSecond=300))
        with running(options(dispatcher, tmp_path, flush_seconds=60.0)):
            dispatcher.wait_for(lambda: probed(dispatcher, 1) > 5)
            if code == "SCANNER_DISABLED":
                dispatcher.standing_fault = lambda _, body: (
                    (403, {"code": code}) if "running" in states(body) else None
                )
            else:
                dispatcher.refusal = lambda said: code if said["state"] == "running" else None
            dispatcher.wait_for(lambda: dispatcher.of("sync")[-1].body["want"] == 4)

    told = [call for call in dispatcher.refused() if "batch" not in call.body]
    assert len(told) == 1 or released
    assert len([call for call in dispatcher.calls if call.job_id and "batch" in call.body]) == 1
    assert bool(dispatcher.of("released")) is released


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


HOSTILE_REPLIES: dict[str, list[dict[str, Any]]] = {
    "sync": [
        {},
        {"ok": "yes", "jobs": []},
        {"ok": True, "heartbeatSeconds": -1},
        {"ok": True, "jobs": "x"},
        {"ok": True, "jobs": HOSTILE_JOBS},
        {"ok": True, "leaseSeconds": -1, "control": [7, {"jobId": []}], "errors": {}, "drain": 7},
    ],
    "park": [{}, {"jobs": "x"}, {"jobs": HOSTILE_JOBS}],
}


@pytest.mark.parametrize("route", ["sync", "park"])
def test_hostile_answers_do_not_end_the_agent(
    dispatcher: FakeDispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """Odd jobs fail with a reason, unreadable ones are skipped, rubbish is survived."""
    monkeypatch.setattr(random, "uniform", lambda least, _most: least)  # the shortest waits
    dispatcher.heartbeat_seconds = 0.3 if route == "sync" else 30.0
    replies: list[Fault] = [(200, reply) for reply in HOSTILE_REPLIES[route]]
    dispatcher.faults[route] = deque([*replies, (418, {}), (302, {})])
    with running(options(dispatcher, tmp_path, slots=8)):
        dispatcher.wait_for(lambda: not dispatcher.faults[route])
        dispatcher.add(*ODD_JOBS, job(17, [("127.0.0.1", "1")]))
        dispatcher.wait_for(lambda: dispatcher.of("completed"))
        dispatcher.wait_for(lambda: len(dispatcher.of("failed")) == 6)
    failed = {call.job_id: call.body for call in dispatcher.of("failed")}

    assert set(failed) == set(range(11, 17))
    assert all(body["errorMessage"] for body in failed.values())
    assert [call.job_id for call in dispatcher.of("completed")] == [17]


def test_a_draining_agent_claims_nothing(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Told to drain, the agent asks for no more work, until it is told otherwise."""
    dispatcher.drain = True
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("sync")) > 4)
        asked = [call.body["want"] for call in dispatcher.of("sync")]
        dispatcher.drain = False
        dispatcher.wait_for(lambda: dispatcher.of("sync")[-1].body["want"])

    assert not any(asked[2:])


def test_the_heartbeat_says_who_and_what(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """The heartbeat names version, boot id, engines and machine; each start has its own id."""
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(dispatcher.beats)
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len({beat["bootId"] for beat in dispatcher.beats()}) == 2)
    beats = dispatcher.beats()

    assert "connect" in beats[0]["engines"]
    assert beats[0]["cpuCount"] == len(os.sched_getaffinity(0))
    assert beats[0]["memoryBytes"] > 2**20
