"""The conversation with a server acted out in this process, on a clock that the test turns."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agent.asking import Asking
from agent.client import Answer
from agent.conversation import Conversation
from agent.errors import UnreachableError
from agent.job import JobRef
from agent.lease import Lease
from agent.outbox import Outbox
from agent.reply import Reply, parse_reply
from agent.reports import Reports
from agent.spool import Spool
from agent.verdict import Verdict

PACE = 5.0
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


class HeldTask:
    """A task as the conversation sees it."""

    def __init__(self, ref: JobRef) -> None:
        self.ref = ref
        self.silent = False
        self.pace = PACE
        self.told_at = float("-inf")
        self.progress = {"progressCount": ref.job_id, "resultCount": 0}
        self.heard_of: list[tuple[Verdict, str | None]] = []
        self.given_back = ""

    @property
    def due_at(self) -> float:
        """As a task's."""
        return self.told_at + self.pace

    def heard(self, verdict: Verdict, reply: Reply, *, reported: bool) -> None:
        """Remember it."""
        assert reported in {True, False}
        self.told_at = reply.sent_at
        self.heard_of.append((verdict, reply.controls.get(self.ref.job_id)))

    def give_back(self, reason: str) -> None:
        """Remember it."""
        self.given_back = reason


class Slots:
    """A roster whose tasks do nothing."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.held: dict[JobRef, HeldTask] = {}
        self.ended = 0

    @property
    def free(self) -> int:
        """As a roster's."""
        return self.slots - len(self.held)

    def tasks(self) -> list[HeldTask]:
        """All of them."""
        return list(self.held.values())

    def holds(self, ref: JobRef) -> bool:
        """As a roster's."""
        return ref in self.held

    def begin(self, task: HeldTask) -> None:
        """Hold it."""
        self.held[task.ref] = task

    def free_slots(self) -> None:
        """They are free at once."""

    def end(self, ref: JobRef) -> None:
        """Free its slot."""
        del self.held[ref]
        self.ended += 1


@dataclass
class Server:
    """Answers as a dispatcher does; `fault` may refuse a call, or lose it on either way."""

    clock: Clock
    work: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    fault: Callable[[dict[str, Any]], Any] = lambda _: None
    refuse: Callable[[dict[str, Any]], str | None] = lambda _: None
    retry_after: float = 2.0
    extra: dict[str, Any] = field(default_factory=dict)
    rows: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    batches: dict[tuple[int, int], int] = field(default_factory=dict)
    ends: dict[tuple[int, int], list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def sync(self, jobs: list[dict[str, Any]], **asked: Any) -> Answer:
        """Take one."""
        return self._answer({"jobs": jobs, **asked}, self._act)

    def park(self, **asked: Any) -> Answer:
        """Take one; nobody waits."""
        return self._answer({"jobs": [], **asked}, lambda _: {})

    def _answer(self, call: dict[str, Any], act: Callable[[dict[str, Any]], Any]) -> Answer:
        self.calls.append({**call, "at": self.clock.now})
        sent_at = self.clock.now
        fault = self.fault(call)
        if fault == "away":
            raise UnreachableError("Connection refused")
        if isinstance(fault, Answer):
            return fault
        body = act(call)
        wanted = call.get("want", call.get("limit"))
        body["jobs"] = [self.work.pop(0) for _ in range(min(wanted, len(self.work)))]
        if fault == "lost":
            raise UnreachableError("Connection reset")
        idle = wanted and not body["jobs"]
        return Answer(200, sent_at, body, self.retry_after if idle else None)

    def _act(self, call: dict[str, Any]) -> dict[str, Any]:
        listed = call["jobs"]
        assert len({said["jobId"] for said in listed}) == len(listed) <= 100
        errors = [{"jobId": s["jobId"], "code": c} for s in listed if (c := self._hear(s))]
        return {"ok": True, "heartbeatSeconds": 30, "errors": errors, "drain": False, **self.extra}

    def _hear(self, said: dict[str, Any]) -> str | None:
        key = (said["jobId"], said["attempt"])
        if code := self.refuse(said):
            return code
        ended = self.ends.get(key)
        if ended and ended[0]["state"] != said["state"]:
            self.refused.append(said)
            return "INVALID_TRANSITION"
        batch, last = said.get("batch", 0), self.batches.get(key, 0)
        if batch > last + 1:
            self.refused.append(said)
            return "BATCH_GAP"
        if batch == last + 1:
            self.batches[key] = batch
            self.rows.setdefault(key, []).extend(row["n"] for row in said["results"])
        if said["state"] != "running":
            self.ends.setdefault(key, []).append(said)
        return None


@dataclass
class Agent:
    """A conversation and what belongs to it."""

    clock: Clock
    server: Server
    slots: Slots
    outbox: Outbox
    stopping: threading.Event
    conversation: Conversation

    def turns(self, seconds: float) -> None:
        """Let it talk for so long."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            pause = self.conversation.turn()
            self.clock.now += min(max(pause, 0.001), end - self.clock.now + 0.001)


def made(folder: Path, *, slots: int = 4, server: Server | None = None) -> Agent:
    server = server or Server(Clock())
    clock, room, stopping = server.clock, Slots(slots), threading.Event()
    outbox = Outbox(Spool(folder, max_bytes=10**9), now=clock)
    roster: Any = room

    def make_task(ref: JobRef, _raw: object, _lease: Lease) -> Any:
        return HeldTask(ref)

    asking = Asking(roster, outbox, stopping, make_task=make_task, now=clock)
    reports = Reports(roster, outbox, now=clock)
    dispatcher: Any = server
    talk = Conversation(dispatcher, reports, asking, outbox.news, now=clock)
    return Agent(clock, server, room, outbox, stopping, talk)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = made(tmp_path)
    yield agent
    agent.outbox._spool.close()


def job(job_id: int, attempt: int = 1) -> dict[str, Any]:
    return {"jobId": job_id, "attempt": attempt, "leaseSeconds": 60}


def test_retry_after_is_obeyed(agent: Agent) -> None:
    """Told when to ask again, it neither parks nor asks sooner, and beats go on meanwhile."""
    agent.server.retry_after = 45.0
    agent.turns(200.0)
    asked = [call["at"] for call in agent.server.calls if call.get("want") or call.get("limit")]
    beats = [call["at"] for call in agent.server.calls if call.get("beat")]

    assert all(45 <= b - a <= 45 * 1.25 + 30 for a, b in itertools.pairwise(asked))
    assert all(30 <= b - a < 31 for a, b in itertools.pairwise(beats))
    assert len(asked) >= 3
    assert len(beats) >= 6


def test_a_slot_that_comes_free_is_asked_for_at_once(agent: Agent) -> None:
    """Told to ask later, it asks nevertheless as soon as another slot is free."""
    agent.server.retry_after = 60.0
    agent.server.work = [job(1), job(2)]
    agent.turns(3.0)
    before = len([call for call in agent.server.calls if call.get("want")])
    agent.slots.end(JobRef(1, 1))
    agent.outbox.put_final(JobRef(1, 1), "complete", {"status": "completed"})
    agent.conversation.turn()
    last = agent.server.calls[-1]

    assert last["want"] == 3
    assert [said["state"] for said in last["jobs"] if said["jobId"] == 1] == ["completed"]
    assert before == len([call for call in agent.server.calls if call.get("want")]) - 1


def test_a_busy_agent_does_not_park(agent: Agent) -> None:
    """With a task at work it asks in syncs; with all slots busy it asks for nothing."""
    agent.server.work = [job(1), job(2), job(3)]
    agent.turns(10.0)
    with_a_free_slot = agent.server.calls[:]
    agent.server.work = [job(4)]
    agent.turns(3.0)
    agent.server.calls.clear()
    agent.turns(20.0)

    assert not any("limit" in call for call in with_a_free_slot + agent.server.calls)
    assert 4 <= sum(call["want"] > 0 for call in with_a_free_slot) <= 7
    assert all(call["want"] == 0 for call in agent.server.calls)


def test_progress_has_its_pace(agent: Agent) -> None:
    """All tasks are told of in one call, at their pace, whenever they began; so are we, at ours."""
    for number in range(1, 5):
        agent.server.work.append(job(number))
        agent.turns(1.3)
    agent.server.calls.clear()
    agent.turns(150.0)
    told = [[said["jobId"] for said in call["jobs"]] for call in agent.server.calls]
    beats = [call["at"] for call in agent.server.calls if call["beat"]]

    assert len(told) <= 150 / PACE + 2
    assert [sorted(jobs) for jobs in told[2:]] == [[1, 2, 3, 4]] * len(told[2:])
    assert len(beats) >= 4
    assert all(30 <= b - a <= 30 + PACE for a, b in itertools.pairwise(beats))


def test_no_call_is_made_for_a_beat_alone(agent: Agent) -> None:
    """One that is due just after a report waits for the next."""
    agent.server.work = [job(number) for number in range(1, 5)]
    agent.turns(6.0)
    agent.conversation._beat_at = agent.clock.now + 0.1
    agent.server.calls.clear()
    agent.turns(40.0)

    assert all(call["jobs"] for call in agent.server.calls)
    assert sum(call["beat"] for call in agent.server.calls) == 2


def test_short_beats_are_not_held_up_by_reports(agent: Agent) -> None:
    """A site whose scanners are soon taken for offline hears of them as often as it asked for."""
    agent.server.extra = {"heartbeatSeconds": 2}
    agent.server.work = [job(number) for number in range(1, 5)]
    agent.turns(3.0)
    agent.server.calls.clear()
    agent.turns(40.0)
    beats = [call["at"] for call in agent.server.calls if call["beat"]]

    assert len(beats) >= 15
    assert all(2 <= b - a <= 2.4 for a, b in itertools.pairwise(beats))


def test_results_do_not_drag_all_tasks_along(agent: Agent) -> None:
    """A call that goes for one task's results is not made longer by those just told of."""
    agent.server.work = [job(number) for number in range(1, 5)]
    agent.turns(1.0)
    agent.outbox.put_results(JobRef(2, 1), [{"n": 1}])
    agent.server.calls.clear()
    agent.turns(1.0)

    assert [[said["jobId"] for said in call["jobs"]] for call in agent.server.calls] == [[2]]


def test_more_tasks_than_a_call_takes(tmp_path: Path) -> None:
    """With 250 tasks each is told of at its pace, never more than a hundred in a call."""
    agent = made(tmp_path, slots=250)
    agent.server.work = [job(number) for number in range(250)]
    agent.turns(60.0)

    assert agent.slots.free == 0
    for task in agent.slots.tasks():
        assert 60 / PACE - 2 <= len(task.heard_of) <= 2 * 60 / PACE + 2
        assert agent.clock.now - task.told_at <= PACE


def test_control_and_refusals_reach_their_tasks(agent: Agent) -> None:
    """Each task hears what came of it: refused, lost, controlled; the others go on."""
    agent.server.work = [job(number) for number in (1, 2, 3, 4)]
    agent.conversation.turn()
    agent.server.refuse = lambda said: "INVALID_TRANSITION" if said["jobId"] == 1 else None
    words = {2: "lease_lost", 3: "pause"}
    agent.server.extra = {"control": [{"jobId": j, "control": word} for j, word in words.items()]}
    agent.conversation.turn()
    heard = {task.ref.job_id: task.heard_of for task in agent.slots.tasks()}

    assert heard == {
        1: [(Verdict.REFUSED, None)],
        2: [(Verdict.LOST, "lease_lost")],
        3: [(Verdict.ACCEPTED, "pause")],
        4: [(Verdict.ACCEPTED, None)],
    }


def test_a_report_of_an_older_attempt_goes_first(agent: Agent) -> None:
    """A job that came back while its last attempt is still to be reported is told of after it."""
    agent.server.work = [job(7, attempt=2)]
    agent.conversation.turn()
    agent.outbox.put_final(JobRef(7, 1), "release", {"hostsDone": 0})
    agent.clock.now += PACE
    agent.conversation.turn()
    agent.conversation.turn()
    said = [[(s["attempt"], s["state"]) for s in call["jobs"]] for call in agent.server.calls]

    assert said == [[], [(1, "released")], [(2, "running")]]


@pytest.mark.parametrize("code", ["SCANNER_DISABLED", ""])
def test_who_may_not_go_on_gives_everything_back(agent: Agent, code: str) -> None:
    """A call refused with 403 ends all tasks, and is not repeated at once."""
    agent.server.work = [job(1), job(2)]
    agent.conversation.turn()
    agent.server.fault = lambda _: Answer(403, agent.clock.now, {"code": code}, 9.0)
    agent.conversation.turn()

    assert all(task.given_back for task in agent.slots.tasks())
    assert agent.conversation.turn() >= 9.0


def test_a_full_store_holds_up_results_only(agent: Agent) -> None:
    """Refused for lack of room, results wait as long as told; last words go out at once."""
    for job_id in (1, 2):
        agent.outbox.put_results(JobRef(job_id, 1), [{"n": job_id}])
    for job_id in (1, 3):
        agent.outbox.put_final(JobRef(job_id, 1), "complete", {"status": "completed"})
    full = Answer(503, agent.clock.now, {"code": "STORE_FULL"}, 30.0)
    agent.server.fault = lambda call: full if "results" in str(call) else None
    agent.turns(1.0)
    at_once, since = set(agent.server.ends), len(agent.server.calls)
    agent.turns(28.0)
    meanwhile = agent.server.calls[since:]
    agent.server.fault = lambda _: None
    agent.turns(60.0)

    assert at_once == {(3, 1)}
    assert not any("results" in str(call) for call in meanwhile)
    assert set(agent.server.ends) == {(3, 1), (1, 1)}
    assert set(agent.server.rows) == {(1, 1), (2, 1)}


def test_a_server_that_is_away_is_told_once_and_not_asked_sooner(agent: Agent) -> None:
    """A slot that comes free shortens no wait for a server, and adds no line to the log."""
    agent.server.work = [job(1)]
    agent.turns(1.0)
    agent.server.fault = lambda _: "away"
    calls = len(agent.server.calls)
    with capture_logs() as logs:
        while len(agent.server.calls) < calls + 5:
            agent.turns(0.5)
        agent.slots.end(JobRef(1, 1))
        pause = agent.conversation.turn()
        agent.server.fault = lambda _: None
        agent.turns(60.0)

    assert pause > 0
    assert [line["action"] for line in logs] == ["server-away", "server-back"]


def test_lost_questions_keep_their_id(agent: Agent) -> None:
    """One question has one id until it is answered, by whichever call it is asked again."""
    faults = iter(["away", "lost", None, "lost", "away"])
    agent.server.fault = lambda call: next(faults, None) if call.get("want", 1) else None
    agent.turns(120.0)
    ids = [call["request_id"] for call in agent.server.calls if call.get("request_id")]
    kinds = ["park" if "limit" in c else "sync" for c in agent.server.calls if c.get("request_id")]

    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert ids[3] == ids[4] == ids[5] != ids[6]
    assert set(kinds[:6]) == {"park", "sync"}


def test_nothing_is_asked_by_who_stops(agent: Agent) -> None:
    """An agent that ends says what it has to say, and neither asks nor parks."""
    agent.stopping.set()
    agent.outbox.put_final(JobRef(1, 1), "complete", {"status": "completed"})
    agent.turns(100.0)

    assert not any(call.get("want") or call.get("limit") for call in agent.server.calls)
    assert set(agent.server.ends) == {(1, 1)}


def test_an_answer_after_the_end_is_not_acted_upon(agent: Agent) -> None:
    """Jobs that come to a poll when all is over are not begun; they come back to others."""
    agent.turns(3.0)
    agent.server.work = [job(1)]
    agent.server.fault = lambda _: agent.conversation.end()
    while agent.server.work:
        agent.turns(1.0)

    assert agent.slots.tasks() == []


FAULTS = st.lists(
    st.sampled_from(["", "", "", "away", "lost", "full", "500", "503", "401"]),
    max_size=25,
)
ACTS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["batch", "batch", "end", "wait", "crash"])),
    max_size=25,
)


class Trouble:
    """Refuses or loses calls as told, and every one with more results than it has room for."""

    def __init__(self, agent: Agent, faults: list[str], most_rows: int) -> None:
        self._server = agent.server
        self._faults = iter(faults)
        self._most_rows = most_rows

    def __call__(self, call: dict[str, Any]) -> Any:
        """What is wrong with this call, if anything."""
        rows = sum(len(said.get("results", ())) for said in call["jobs"])
        fault = next(self._faults, "") if call["jobs"] else ""
        if rows > self._most_rows:
            fault = "422" if self._most_rows % 2 else "413"
        full = fault == "full"
        self._server.refuse = lambda said: "STORE_FULL" if full and "batch" in said else None
        if fault.isdigit():
            code = "STORE_FULL" if fault == "503" else ""
            return Answer(int(fault), self._server.clock.now, {"code": code})
        return fault


@settings(deadline=None, max_examples=150)
@given(FAULTS, ACTS, st.integers(2, 9))
def test_everything_arrives_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    faults: list[str],
    acts: list[tuple[int, str]],
    most_rows: int,
) -> None:
    """Whatever is lost, refused or too large, and crashes: each result and last word arrives."""
    agent = made(tmp_path_factory.mktemp("spool"))
    agent.server.fault = Trouble(agent, faults, most_rows)
    put: dict[tuple[int, int], list[int]] = {}
    ended: set[tuple[int, int]] = set()
    attempt = 1
    for number, (job_id, act) in enumerate(acts):
        ref, key = JobRef(job_id, attempt), (job_id, attempt)
        if act == "wait":
            agent.turns(0.7)
        elif act == "crash":
            agent = crashed(agent)
            attempt += 1
        elif act == "end" and key not in ended:
            agent.outbox.put_final(ref, "complete", {"status": "completed", "resultCount": 7})
            agent.outbox.close(ref)
            ended.add(key)
        elif act == "batch" and key not in ended:
            agent.outbox.open(ref)
            rows = [100 * number + n for n in range(1 + number % 13)]
            agent.outbox.put_results(ref, [{"n": row} for row in rows])
            put.setdefault(key, []).extend(rows)
    agent.turns(600.0)
    agent.outbox._spool.close()

    assert agent.outbox.backlog == 0
    assert agent.server.rows == put
    assert set(agent.server.ends) == ended
    assert agent.server.refused == []


def crashed(agent: Agent) -> Agent:
    """The next agent with that spool, and the same server."""
    agent.outbox._spool.close()
    return made(agent.outbox._spool._folder, server=agent.server)


@given(JSON, JSON, JSON, JSON)
def test_no_json_breaks_the_reader(jobs: Any, control: Any, errors: Any, seconds: Any) -> None:
    """Whatever stands in an answer is read, and decides nothing where it makes no sense."""
    rows = {"control": [{"jobId": 7, "control": control}], "errors": [errors]}
    body = {"ok": True, "jobs": jobs, "leaseSeconds": seconds, "heartbeatSeconds": seconds, **rows}
    reply = parse_reply(Answer(200, 0.0, body))

    assert reply.heartbeat_seconds is None or 0.2 <= reply.heartbeat_seconds <= 300
    assert reply.lease_seconds is None or reply.lease_seconds > 0
    assert reply.verdict_on(JobRef(7, 1)) in {Verdict.ACCEPTED, Verdict.LATER}


@given(JSON)
def test_an_answer_that_is_not_ok_is_none(ok: Any) -> None:
    """A 200 that does not say so is not a dispatcher's: what was said is said again."""
    with pytest.raises(UnreachableError):
        parse_reply(Answer(200, 0.0, {"ok": ok or 1, "jobs": []} if ok is not True else {}))
