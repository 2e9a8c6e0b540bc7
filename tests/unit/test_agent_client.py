"""What a client makes of an answer, and how heartbeats reach the right tasks."""

import json
import re
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.claims import Claims
from agent.client import MOST_RETRY_AFTER_SECONDS, Answer, Client, _parsed, _seconds
from agent.crew import Crew
from agent.errors import UnreachableError
from agent.heartbeat import Heartbeat
from agent.job import JobRef
from agent.lease import Lease
from agent.options import AgentOptions
from agent.roster import Roster as Slots


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[1]", b'{"a":', b"\xff", b"[" * 100_000, b"1" * 5000]
)
def test_an_answer_that_is_no_object_counts_as_lost(raw: bytes) -> None:
    """A 200 that cannot be read decides nothing; a failure may say anything."""
    with pytest.raises(UnreachableError):
        _parsed(raw, 200)

    assert _parsed(raw, 502) == {}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("2", 2.0),
        ("-1", None),
        ("soon", None),
        ("\u0663", None),
        ("9" * 400, MOST_RETRY_AFTER_SECONDS),
    ],
)
def test_retry_after_is_read_with_care(header: str | None, seconds: float | None) -> None:
    """Whole seconds within reason are obeyed, everything else is let be."""
    assert _seconds(header) == seconds


def test_a_server_that_is_away_is_told_in_few_words(tmp_path: Path) -> None:
    """A log says what was asked and what came of it, without objects and their addresses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    client = Client(AgentOptions(url=url, api_key="k.s", spool_dir=tmp_path), connections=1)

    with pytest.raises(UnreachableError, match=re.escape("GET /x: Connection refused")) as raised:
        client.call("GET", "/x")

    assert "object at" not in str(raised.value)


def test_a_code_of_another_kind_is_none() -> None:
    """A problem whose code is no text has none."""
    assert Answer(409, 0.0, {"code": ["LEASE_LOST"]}).code == ""


def test_what_a_server_says_can_be_logged() -> None:
    """Lone surrogates and control characters in a problem's detail never reach a log."""
    shown = str(Answer(409, 0.0, json.loads('{"code": "X", "detail": "\\ud800\\u001b[2J"}')))

    assert shown.encode().startswith(b"409 X ")
    assert shown.isprintable()


class HeldTask:
    """A task as the heartbeat sees it."""

    def __init__(self, job_id: int) -> None:
        self.ref = JobRef(job_id, 1)
        self.lease = Lease(sent_at=0.0, seconds=10.0, now=lambda: 15.0)
        self.orders: list[object] = []

    def order(self, control: object) -> None:
        """Remember it."""
        self.orders.append(control)


class Roster:
    """A roster of 250 tasks."""

    def __init__(self) -> None:
        self.draining = False
        self.held = [HeldTask(n) for n in range(250)]

    def tasks(self) -> list[HeldTask]:
        """All of them."""
        return self.held


class Server:
    """Answers heartbeats; job 240 is lost."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def heartbeat(self, jobs: list[JobRef]) -> Answer:
        """Take one beat."""
        self.sizes.append(len(jobs))
        control = [{"jobId": 240, "control": "lease_lost"}]
        body: dict[str, Any] = {"heartbeatSeconds": 7, "drain": True, "control": control}
        return Answer(200, 10.0, body)


def test_many_tasks_take_several_beats() -> None:
    """A hundred jobs a call; each call renews the leases that it listed, but for the lost one."""
    server, roster = Server(), Roster()
    seconds = Heartbeat(server, roster, Crew()).beat()  # type: ignore[arg-type]
    lost = [task.ref.job_id for task in roster.held if task.lease.over]

    assert server.sizes == [100, 100, 50]
    assert seconds == 7
    assert lost == [240]
    assert roster.held[240].orders == ["lease_lost"]
    assert roster.draining


class Stopping(threading.Event):
    """Asks for the stop after three waits, which take no time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        """Count it."""
        assert timeout is not None
        self.waits += 1
        if self.waits == 3:
            self.set()
        return self.is_set()


class AwayServer:
    """Answers no claim; a slot comes free each time."""

    def __init__(self, crew: Crew, slots: Slots) -> None:
        self.claims = 0
        self._crew = crew
        self._slots = slots

    def claim(self, **_: object) -> Answer:
        """Take one claim."""
        self.claims += 1
        if self.claims > 10:
            self._crew.stopping.set()
        self._slots.changed.set()
        raise UnreachableError("Connection refused")


def test_a_server_that_is_away_is_told_once_and_not_asked_sooner() -> None:
    """A slot that comes free shortens no wait for a server, and adds no line to the log."""
    crew = Crew()
    crew.stopping = stopping = Stopping()
    slots = Slots(crew, slots=8)
    server = AwayServer(crew, slots)
    outbox: Any = SimpleNamespace(has_room=True)
    claims = Claims(server, slots, outbox, crew, make_task=None)  # type: ignore[arg-type]

    with capture_logs() as logs:
        claims.run()

    assert (server.claims, stopping.waits) == (3, 3)
    assert [line["action"] for line in logs] == ["claim-failed"]
