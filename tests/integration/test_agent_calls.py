"""How much the agent says in a call, when it asks for work, and how it waits for some."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_dispatcher import Call, FakeDispatcher, eventually, job, options, running, service

SLOW = [("127.0.0.0/16", "9")]  # far more than is probed while a test looks
QUICK = [("127.0.0.1", "1")]
PROGRAM = """
import pathlib, sys
from agent.run import AgentOptions, run_agent
url, folder = sys.argv[1:3]
sys.exit(run_agent(AgentOptions(url=url, api_key="k.s", spool_dir=pathlib.Path(folder))))
"""


@pytest.fixture
def dispatcher() -> Iterator[FakeDispatcher]:
    with FakeDispatcher() as fake:
        yield fake


def ends(call: Call) -> list[int]:
    """The jobs that a sync says the last word on."""
    return [said["jobId"] for said in call.body["jobs"] if said["state"] != "running"]


def told(call: Call) -> list[int]:
    """The jobs whose progress a sync tells."""
    return sorted(said["jobId"] for said in call.body["jobs"] if "progressCount" in said)


def test_an_idle_agent_parks_and_is_handed_work_at_once(
    dispatcher: FakeDispatcher, tmp_path: Path
) -> None:
    """With nothing to do it waits on the server, for all its slots, until there is work."""
    dispatcher.heartbeat_seconds = 30.0
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: dispatcher.parked)
        added_at = time.monotonic()
        dispatcher.add(job(1, QUICK))
        first = dispatcher.wait_for(lambda: dispatcher.of("running", 1))[0]
        dispatcher.wait_for(lambda: dispatcher.of("completed", 1))

    assert first.at - added_at < 1.0
    assert dispatcher.of("park")[0].body["limit"] == 4
    assert 28 <= dispatcher.of("park")[0].body["wait"] <= 30


def test_heartbeats_go_on_while_it_parks(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """At the pace that the server asks for, it says what it is, with nothing else to say."""
    dispatcher.heartbeat_seconds = 2.0
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.beats()) > 4 and len(dispatcher.of("park")) > 2)
    at = [call.at for call in dispatcher.of("sync") if "bootId" in call.body]
    gaps = [later - before for before, later in itertools.pairwise(at[1:])]

    assert all(1.9 < gap < 4.0 for gap in gaps)
    assert all(1 <= call.body["wait"] <= 2 for call in dispatcher.of("park"))


def test_a_parked_agent_ends_at_once(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A signal does not wait for the poll, and what is handed to the poll then is not begun."""
    dispatcher.heartbeat_seconds = 30.0
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM, dispatcher.url, str(tmp_path)]
    ) as agent:
        dispatcher.wait_for(lambda: dispatcher.parked)
        told_at = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        code = agent.wait(5)
        seconds = time.monotonic() - told_at

    assert code == 0
    assert seconds < 2.5


def test_one_call_tells_and_asks(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A task that ended is told of in the call that asks for the next; no busy agent parks."""
    dispatcher.heartbeat_seconds = 30.0
    dispatcher.jobs.extend(job(number, QUICK) for number in range(1, 41))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == 40)
        dispatcher.wait_for(lambda: dispatcher.parked)
    syncs = [call for call in dispatcher.of("sync") if call.body["jobs"]]
    parks = [call for call in dispatcher.calls if call.route == "park"]
    asking = [call for call in syncs if ends(call) and call.body["want"]]

    assert sum(len(ends(call)) for call in asking) == 40
    assert all(call.body["want"] <= 4 for call in syncs)
    assert all(park.at > syncs[-1].at for park in parks)
    assert len(syncs) <= 2 * 40
    assert dispatcher.refused() == []


def test_what_ended_together_is_told_together(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Results and last words that wait are said in one call, whosever they are."""
    dispatcher.jobs.extend(job(number, QUICK, engineArgs={"report": "all"}) for number in range(8))
    with running(options(dispatcher, tmp_path, slots=8)):
        with dispatcher.changed:  # no further call is answered meanwhile
            dispatcher.wait_for(lambda: len(dispatcher.started) == 8)
            eventually(lambda: len(list((tmp_path / "key%2F1").iterdir())) == 2 * 8)
        dispatcher.wait_for(lambda: len(dispatcher.of("completed")) == 8)
    syncs = [call for call in dispatcher.of("sync") if ends(call)]

    assert len(syncs) <= 2
    assert all("batch" in call.body for call in dispatcher.of("completed"))


def test_progress_of_all_tasks_goes_in_one_call(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """At the pace of progress, one call tells how far each task is."""
    dispatcher.jobs.extend(job(number, SLOW, maxProbesPerSecond=50) for number in (1, 2, 3, 4))
    with running(options(dispatcher, tmp_path, progress_seconds=0.5)):
        dispatcher.wait_for(lambda: len(dispatcher.started) == 4)
        begun = time.monotonic()
        dispatcher.wait_for(lambda: len([c for c in dispatcher.of("sync") if told(c)]) >= 6)
        seconds = time.monotonic() - begun
        dispatcher.wait_for(lambda: all(probed(dispatcher, n) > 10 for n in (1, 2, 3, 4)))
    calls = [call for call in dispatcher.of("sync") if told(call)][2:6]

    assert [told(call) for call in calls] == [[1, 2, 3, 4]] * 4
    assert seconds > 1.0


def probed(dispatcher: FakeDispatcher, job_id: int) -> int:
    """How many addresses the last progress told."""
    calls = dispatcher.of("running", job_id)
    return max((int(call.body.get("progressCount", 0)) for call in calls), default=0)


def test_who_may_not_claim_may_report(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Refused jobs for its address, the agent goes on with those it has, and reports on them."""
    with service("127.0.0.1") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.1", str(port)), *SLOW], maxProbesPerSecond=200))
        with running(options(dispatcher, tmp_path)):
            dispatcher.wait_for(lambda: dispatcher.started)
            dispatcher.standing_fault = lambda _, body: (
                (403, {"code": "IP_BINDING_VIOLATION"}) if body.get("want") != 0 else None
            )
            dispatcher.wait_for(lambda: dispatcher.of("sync!"))
            before = probed(dispatcher, 1)
            dispatcher.wait_for(lambda: probed(dispatcher, 1) > before + 100)
            dispatcher.wait_for(lambda: dispatcher.stored)

    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}
    assert dispatcher.refused() == []
