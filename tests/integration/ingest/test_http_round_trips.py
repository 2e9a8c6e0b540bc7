"""One round trip to the store for each protocol call, authentication included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from queues.sources import library
from tests.integration.ingest.asking import Body, Scanner, Server, expect_json, expect_problem

CALLS = 5
SCRIPTS = ["claim", "start", "progress", "results", "heartbeat", "sync", "complete", "release"]
FOUND = {"host": "10.0.0.1", "state": "up"}

Call = Callable[[Scanner, Body], Any]
KINDS: dict[str, Call] = {
    "jobs": lambda scanner, _: scanner.get("/scanner/jobs"),
    "jobs, none left": lambda scanner, _: scanner.get("/scanner/jobs?limit=10"),
    "start": lambda scanner, job: scanner.tell(job, "start"),
    "progress": lambda scanner, job: scanner.tell(job, "progress", {"progressCount": 1}),
    "results": lambda scanner, job: scanner.tell(
        job, "results", {"attempt": 1, "batch": 1, "results": [FOUND]}
    ),
    "heartbeat": lambda scanner, job: scanner.post(
        "/scanner/heartbeat", {"jobs": [{"jobId": job["jobId"]}]}
    ),
    "sync": lambda scanner, job: scanner.post(
        "/scanner/sync",
        {
            "want": 1,
            "jobs": [
                {"jobId": job["jobId"], "attempt": 1, "state": "running", "batch": 1,
                 "results": [FOUND]},
            ],
        },
    ),
    "complete": lambda scanner, job: scanner.tell(job, "complete", {"status": "completed"}),
}  # fmt: skip


@pytest.fixture
def remembering(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A process that remembers a site's settings, and how full the store is, for long enough."""
    dispatch = server.flask.extensions["dispatch"]
    monkeypatch.setattr("dispatch.sites.REMEMBERED_SECONDS", 3600)
    monkeypatch.setattr("queues.memory.LOOK_SECONDS", 3600)
    monkeypatch.setattr(dispatch.work.memory, "_looked_at", float("-inf"))
    dispatch.sites._known.clear()
    server.store.function_load(library().text, replace=True)
    return server


def sent(server: Server, act: Callable[[], None]) -> Counter[str]:
    """The commands that clients send meanwhile; scripts' own are none."""
    with server.store.monitor() as monitor:
        act()
        server.flask.extensions["dispatch"].client.echo("the end")
        seen: list[str] = []
        while not seen or "the end" not in seen[-1]:
            heard = monitor.next_command()
            if heard["client_type"] != "lua":
                seen.append(heard["command"])
    return Counter(command.partition(" ")[0] for command in seen[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_is_one_script(remembering: Server, kind: str) -> None:
    """And nothing else, once the process knows the scanner and the task."""
    scanner = remembering.scanner(taskCapacity=4)
    remembering.scan(scanner, targets=["10.0.0.0/24"], hostsPerTask=32)
    job = scanner.begin()
    for step in ("results", "progress"):
        assert KINDS[step](scanner, job).status_code == 200

    def act() -> None:
        for _ in range(CALLS):
            expect_json(KINDS[kind](scanner, job))

    assert sent(remembering, act) == {"FCALL": CALLS}


def test_releases_are_one_script_each(remembering: Server) -> None:
    """A job can be given back once only."""
    scanner = remembering.scanner(targetCapacity=1000, taskCapacity=CALLS + 1)
    remembering.scan(scanner, hostsPerTask=32)
    jobs = [scanner.begin() for _ in range(CALLS)]

    def act() -> None:
        for job in jobs:
            expect_json(scanner.tell(job, "release"))

    assert sent(remembering, act) == {"FCALL": CALLS}


def test_a_process_that_knows_nothing_asks_once_more(remembering: Server) -> None:
    """For the scanner's record; for a job's results also for its task and its targets."""
    scanner = remembering.scanner()
    remembering.scan(scanner)
    job = scanner.begin()
    dispatch = remembering.flask.extensions["dispatch"]

    def forget() -> None:
        dispatch.credentials._known.clear()
        dispatch.work.spaces._places.clear()

    KINDS["results"](scanner, job)
    forget()
    progress = sent(remembering, lambda: expect_json(KINDS["progress"](scanner, job)))
    forget()
    results = sent(remembering, lambda: expect_json(KINDS["results"](scanner, job)))

    assert progress == {"HGETALL": 1, "FCALL": 1}
    assert results == {"HGETALL": 2, "HGET": 1, "FCALL": 1}


def test_a_refused_call_is_one_script_too(remembering: Server) -> None:
    """Flask, which words the refusal, does not do again what was done before it."""
    scanner = remembering.scanner()
    remembering.scan(scanner)
    [job] = scanner.jobs()

    def act() -> None:
        answer = scanner.tell(job, "complete", {"status": "completed"})
        expect_problem(answer, 409, "INVALID_TRANSITION")

    assert sent(remembering, act) == {"FCALL": 1}


def test_a_stranger_is_looked_up_once(remembering: Server) -> None:
    """And counted once, although Flask words the refusal."""
    stranger = remembering.scanner()
    stranger.headers["X-API-Key"] += "x"

    def act() -> None:
        expect_problem(stranger.get("/scanner/jobs"), 401, "INVALID_API_KEY")

    assert sent(remembering, act)["HGETALL"] == 1
