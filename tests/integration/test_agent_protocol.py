"""The agent against a dispatcher acted out on loopback: claims, control, leases, reports."""

import errno
import ipaddress
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import AWAY, LOST, FakeDispatcher, job, options, running, service

from agent import names
from agent.engines import connect
from agent.engines.probe import Outcome

SLOW = [("127.0.0.0/16", "9")]  # far more than is probed while a test looks


@pytest.fixture
def dispatcher() -> Iterator[FakeDispatcher]:
    with FakeDispatcher() as fake:
        yield fake


def test_a_job_is_probed_and_reported(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """One job: started, its open port reported with banner, completed with the right counts."""
    with service("127.0.0.7", b"SSH-2.0-x\r\n\x00\xff") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.4/30", f"1,{port}")]))
        with running(options(dispatcher, tmp_path)):
            complete = dispatcher.wait_for(lambda: dispatcher.of("complete"))[0]

    assert complete.body == {"attempt": 1, "status": "completed", "resultCount": 1}
    assert dispatcher.found(1) == {("127.0.0.7", port, "tcp", "open")}
    assert dispatcher.stored[1, 1][0]["banner"] == "SSH-2.0-x  \ufffd\ufffd"
    assert next(c.route for c in dispatcher.calls if c.job_id == 1) == "start"


@pytest.mark.parametrize("engine", ["connect", "nmap"])
@pytest.mark.parametrize(
    ("found", "rules", "why"),
    [
        (OSError("nobody knows it"), {}, "host.example: nobody knows it"),
        ([], {}, "no address that can be probed"),
        (["127.0.0.1"], {"exclusions": ["127.0.0.0/8"]}, "every address is excluded or out of"),
        (["127.0.0.1"], {"scopes": ["10.0.0.0/8"]}, "every address is excluded or out of scope"),
    ],
)
def test_a_name_that_cannot_be_probed_fails(
    dispatcher: FakeDispatcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: str,
    found: OSError | list[str],
    rules: dict[str, Any],
    why: str,
) -> None:
    """A job whose name leads to nothing that may be probed has failed, and says why."""

    def resolve(_: str) -> list[Any]:
        if isinstance(found, OSError):
            raise found
        return list(map(ipaddress.ip_address, found))

    monkeypatch.setattr(names, "_resolve", resolve)
    dispatcher.jobs.append(job(1, [("host.example", "1")], engine=engine, **rules))
    with running(options(dispatcher, tmp_path)):
        complete = dispatcher.wait_for(lambda: dispatcher.of("complete"))[0]

    assert complete.body["status"] == "failed"
    assert why in complete.body["errorMessage"]


@pytest.mark.parametrize(("broken", "status"), [(2, "completed"), (4, "failed")])
def test_a_job_fails_when_every_address_does(
    dispatcher: FakeDispatcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    broken: int,
    status: str,
) -> None:
    """Errors of our own side fail a job where they left nothing; else the outcome tells them."""

    async def probe(address: Any, *_: object, **__: object) -> Outcome:
        if int(address) % 4 < broken:
            raise OSError(errno.ENETUNREACH, "no way")
        return Outcome("closed")

    monkeypatch.setattr(connect, "probe", probe)
    dispatcher.jobs.append(job(1, [("127.0.0.0/30", "1-3")]))
    with running(options(dispatcher, tmp_path)):
        complete = dispatcher.wait_for(lambda: dispatcher.of("complete"))[0]

    assert complete.body["status"] == status
    assert "127.0.0.0 not probed, ENETUNREACH: no way" in complete.body["errorMessage"]
    assert complete.body["resultCount"] == broken


def test_a_lost_claim_answer_loses_no_job(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """When the answer to a claim is lost, the claim is repeated under the same request id."""
    dispatcher.jobs.append(job(1, [("127.0.0.1", "1")]))
    dispatcher.faults["claim"] = deque([LOST, AWAY])
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: dispatcher.of("complete", 1))

    first, second, *_ = dispatcher.of("claim")
    assert first.request_id == second.request_id
    assert second.request_id != dispatcher.of("claim")[2].request_id


@pytest.mark.parametrize("control", ["cancel", "pause"])
def test_control_stops_and_releases(
    dispatcher: FakeDispatcher, tmp_path: Path, control: str
) -> None:
    """Told to cancel or pause, the agent sends what it found and gives back the rest."""
    with service("127.0.0.1") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.1", str(port)), *SLOW], maxProbesPerSecond=200))
        with running(options(dispatcher, tmp_path)):
            dispatcher.wait_for(
                lambda: [c for c in dispatcher.of("progress") if c.body["progressCount"] > 20]
            )
            dispatcher.control[1] = control
            release = dispatcher.wait_for(lambda: dispatcher.of("release"))[0]

    assert 20 < release.body["hostsDone"] < 60_000
    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}
    assert dispatcher.of("complete") == []


def test_heartbeat_order_stops_a_task(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """A heartbeat lists the jobs held, and its lease_lost makes the agent abandon one."""
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=200))
    with running(options(dispatcher, tmp_path)) as agent:
        dispatcher.wait_for(
            lambda: any(
                c.body["jobs"] == [{"jobId": 1, "attempt": 1}] for c in dispatcher.of("heartbeat")
            )
        )
        dispatcher.heartbeat_control[1] = "lease_lost"
        dispatcher.wait_for(lambda: dispatcher.of("heartbeat")[-1].body["jobs"] == [])

        assert agent.stopping.is_set() is False
    assert dispatcher.of("release") == dispatcher.of("complete") == []
