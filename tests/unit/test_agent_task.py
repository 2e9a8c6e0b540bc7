"""One task: what it makes of what it hears, and what it says last."""

import ipaddress
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.brake import Brake
from agent.crew import Crew
from agent.finding import Finding
from agent.findings import Findings
from agent.job import Job, JobRef
from agent.lease import Lease
from agent.options import AgentOptions
from agent.outbox import Outbox
from agent.reply import Reply
from agent.roster import Roster
from agent.spool import Spool
from agent.task import Task
from agent.verdict import Verdict

REF = JobRef(7, 2)
RAW = {
    "jobId": 7,
    "attempt": 2,
    "leaseSeconds": 60,
    "engine": "patient",
    "targets": [{"range": "127.0.0.0/30", "ports": "1"}],
}


class Patient:
    """An engine that has one address done, and then waits to be let go, or stopped."""

    name = "patient"

    def __init__(self) -> None:
        self.probing = threading.Event()
        self.done = threading.Event()
        self.braked = False

    def run(self, _job: Job, findings: Findings, brake: Brake) -> None:
        """As an engine's."""
        findings.add(Finding(host=ipaddress.ip_address("127.0.0.0"), state="up"))
        findings.host_done(0)
        self.probing.set()
        while not brake.on and not self.done.wait(0.01):
            continue
        self.braked = brake.on


@dataclass
class AtWork:
    """A task in its thread, with its engine and its outbox."""

    task: Task
    engine: Patient
    outbox: Outbox
    silent_at_last: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        put = self.outbox.put_final

        def put_final(*word: Any) -> bool:
            self.silent_at_last.append(self.task.silent)
            return put(*word)

        self.outbox.put_final = put_final  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.task.run()
        self.task.close()

    def last_words(self) -> dict[str, Any]:
        """What it says when it has ended; of results only how many."""
        self._thread.join(5)
        assert not self._thread.is_alive()
        said: dict[str, Any] = {}
        for letter in self.outbox.letters(10**6):
            said |= letter.as_json()
        return {**said, "results": len(said["results"])} if "results" in said else said


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[AtWork]:
    engine, outbox = Patient(), Outbox(Spool(tmp_path, max_bytes=10**6))
    options = AgentOptions(url="http://h", api_key="k.s", spool_dir=tmp_path, flush_seconds=60.0)
    lease = Lease(sent_at=0.0, seconds=60.0, now=lambda: 0.0)
    made = Task(REF, RAW, lease=lease, outbox=outbox, engines={"patient": engine}, options=options)
    working = AtWork(made, engine, outbox)
    yield working
    engine.done.set()
    made.stop()
    working.last_words()
    outbox._spool.close()


def reply(**fields: Any) -> Reply:
    empty: dict[str, Any] = {"controls": {}, "refusals": {}, "drain": False}
    return Reply(sent_at=9.0, lease_seconds=30.0, heartbeat_seconds=None, **{**empty, **fields})


def begun(at_work: AtWork) -> None:
    at_work.task.heard(Verdict.ACCEPTED, reply(), reported=False)
    assert at_work.engine.probing.wait(5)


def test_it_probes_once_it_was_heard_of(at_work: AtWork) -> None:
    """Not before; then to the end, and it says what came of it, results and last word together."""
    before = at_work.engine.probing.wait(0.3)
    begun(at_work)
    at_work.engine.done.set()
    said = at_work.last_words()

    assert not before
    assert said == {"state": "completed", "batch": 1, "results": 1, "resultCount": 1}
    assert at_work.silent_at_last == [True]
    assert at_work.task.lease.seconds == 30.0


@pytest.mark.parametrize("verdict", [Verdict.SPLIT, Verdict.GAP, Verdict.REFUSED, Verdict.LATER])
def test_a_refused_report_does_not_stop_it(at_work: AtWork, verdict: Verdict) -> None:
    """What was refused was the report that went with it, or nothing is decided."""
    begun(at_work)
    at_work.task.heard(verdict, reply(), reported=True)
    at_work.task.heard(Verdict.LATER, reply(), reported=False)
    at_work.engine.done.set()

    assert at_work.last_words()["state"] == "completed"
    assert not at_work.engine.braked


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.SPLIT])
def test_refused_itself_it_gives_the_job_back(at_work: AtWork, verdict: Verdict) -> None:
    """With nothing but the task to refuse, it stops, and what is done counts."""
    begun(at_work)
    at_work.task.heard(verdict, reply(), reported=False)
    still_told_of = not at_work.task.silent
    said = at_work.last_words()

    assert said == {"state": "released", "batch": 1, "results": 1, "hostsDone": 1}
    assert still_told_of


@pytest.mark.parametrize("control", ["pause", "cancel"])
def test_a_control_word_stops_it(at_work: AtWork, control: str) -> None:
    """Told to pause or to cancel, it gives the job back."""
    begun(at_work)
    at_work.task.heard(Verdict.ACCEPTED, reply(controls={7: "dance"}), reported=False)
    danced = at_work.engine.braked
    at_work.task.heard(Verdict.ACCEPTED, reply(controls={7: control}), reported=False)

    assert at_work.last_words()["state"] == "released"
    assert not danced


def test_a_lost_job_is_not_spoken_of(at_work: AtWork) -> None:
    """It is silent at once, and what it had found is still offered."""
    begun(at_work)
    at_work.task.heard(Verdict.LOST, reply(), reported=True)
    silent = at_work.task.silent
    at_work.last_words()

    assert silent
    assert at_work.outbox.backlog == 1
    assert at_work.silent_at_last == []


def test_an_ended_task_frees_its_slot_and_is_news() -> None:
    """Both come with the next turn: its slot is free then, and its last word due."""
    news, ended = threading.Event(), threading.Event()
    roster = Roster(Crew(), slots=1, news=news)
    closed: list[JobRef] = []
    task: Any = SimpleNamespace(
        ref=REF, run=lambda: ended.wait(5), close=lambda: closed.append(REF)
    )
    roster.begin(task)
    while_at_work = roster.free, roster.holds(REF), news.is_set()
    ended.set()
    is_news = news.wait(5)
    when_it_is_over = roster.free, roster.tasks(), closed.copy()
    roster.free_slots()

    assert is_news
    assert while_at_work == (0, True, False)
    assert when_it_is_over == (0, [], [])
    assert (roster.free, roster.holds(REF), roster.ended) == (1, False, 1)
    assert closed == [REF]


def test_stopped_before_it_was_heard_of(at_work: AtWork) -> None:
    """A job that was never begun goes back untouched."""
    at_work.task.stop()

    assert at_work.last_words() == {"state": "released", "hostsDone": 0}
    assert not at_work.engine.probing.is_set()
