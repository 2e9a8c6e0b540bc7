"""The agent against a dispatcher acted out on loopback: claims, control, leases, reports."""

import errno
import ipaddress
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_dispatcher import AWAY, LOST, FakeDispatcher, job, options, running, service

from agent import names
from agent.engines import connect
from agent.engines.probe import Outcome
from benchmarks.listener import listening

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
            done = dispatcher.wait_for(lambda: dispatcher.of("completed"))[0].body

    assert (done["attempt"], done["resultCount"], done["batch"]) == (1, 1, 1)
    assert "errorMessage" not in done
    assert dispatcher.found(1) == {("127.0.0.7", port, "tcp", "open")}
    assert dispatcher.stored[1, 1][0]["banner"] == "SSH-2.0-x  \ufffd\ufffd"
    assert next(c.route for c in dispatcher.calls if c.job_id == 1) == "running"


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
        failed = dispatcher.wait_for(lambda: dispatcher.of("failed"))[0]

    assert why in failed.body["errorMessage"]


@pytest.mark.parametrize("engine", ["connect", "nmap"])
@pytest.mark.parametrize("rules", [{"exclusions": ["127.0.0.3"]}, {"scopes": ["127.0.0.0/31"]}])
def test_a_name_leads_only_where_it_may(
    dispatcher: FakeDispatcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: str,
    rules: dict[str, Any],
) -> None:
    """Of a name's addresses those that are excluded, or outside every scope, are not probed."""
    found = [ipaddress.ip_address(address) for address in ("127.0.0.1", "127.0.0.3")]
    monkeypatch.setattr(names, "_resolve", lambda _: found)
    with listening(ports=1) as listener:
        port = listener.ports[0]
        dispatcher.jobs.append(job(1, [("host.example", str(port))], engine=engine, **rules))
        with running(options(dispatcher, tmp_path)):
            done = dispatcher.wait_for(lambda: dispatcher.of("completed"))[0].body
        arrivals = listener.stop()

    assert len(arrivals.times) == 1
    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}
    assert done["resultCount"] == 1
    assert done["errorMessage"] == "host.example: 1 of 2 addresses excluded or out of scope"


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
        ended = dispatcher.wait_for(lambda: dispatcher.of(status))[0]

    assert "127.0.0.0 not probed, ENETUNREACH: no way" in ended.body["errorMessage"]
    assert ended.body["resultCount"] == broken


@pytest.mark.parametrize("route", ["sync", "park"])
def test_a_lost_claim_answer_loses_no_job(
    dispatcher: FakeDispatcher, tmp_path: Path, route: str
) -> None:
    """When the answer to a claim is lost, the claim is repeated under the same request id."""
    troubles = iter([LOST, AWAY])
    dispatcher.heartbeat_seconds = 30.0 if route == "park" else 0.3
    dispatcher.standing_fault = lambda asked, body: (
        next(troubles, None) if asked == route and body.get("want") != 0 else None
    )
    if route == "sync":
        dispatcher.add(job(1, [("127.0.0.1", "1")]))
    with running(options(dispatcher, tmp_path)):
        if route == "park":
            dispatcher.wait_for(lambda: dispatcher.parked)
            dispatcher.add(job(1, [("127.0.0.1", "1")]))
        dispatcher.wait_for(lambda: dispatcher.of("completed", 1))

    asked = [c for c in dispatcher.calls if c.body.get("want") or c.body.get("limit")]
    lost = next(n for n, call in enumerate(asked) if call.route == route)
    first, second, third, fourth = [call.request_id for call in asked[lost : lost + 4]]
    assert first == second == third
    assert third != fourth


@pytest.mark.parametrize("control", ["cancel", "pause"])
def test_control_stops_and_releases(
    dispatcher: FakeDispatcher, tmp_path: Path, control: str
) -> None:
    """Told to cancel or pause, the agent sends what it found and gives back the rest."""
    with service("127.0.0.1") as port:
        dispatcher.jobs.append(job(1, [("127.0.0.1", str(port)), *SLOW], maxProbesPerSecond=200))
        with running(options(dispatcher, tmp_path)):
            dispatcher.wait_for(lambda: done(dispatcher, 1) > 20)
            dispatcher.control[1] = control
            release = dispatcher.wait_for(lambda: dispatcher.of("released"))[0]

    assert 20 < release.body["hostsDone"] < 60_000
    assert dispatcher.found(1) == {("127.0.0.1", port, "tcp", "open")}
    assert dispatcher.of("completed") == []


def test_a_lost_lease_stops_a_task(dispatcher: FakeDispatcher, tmp_path: Path) -> None:
    """Told that its lease is lost, the agent abandons a task, without another word on it."""
    dispatcher.jobs.append(job(1, SLOW, maxProbesPerSecond=200))
    with running(options(dispatcher, tmp_path)) as agent:
        dispatcher.wait_for(lambda: done(dispatcher, 1) > 20)
        dispatcher.control[1] = "lease_lost"
        dispatcher.wait_for(lambda: dispatcher.of("sync")[-1].body["want"] == 4)

        assert agent.stopping.is_set() is False
    assert dispatcher.of("released") == dispatcher.of("completed") == []


@pytest.mark.parametrize("engine", ["connect", "nmap"])
@pytest.mark.parametrize("control", ["cancel", "pause"])
def test_one_task_is_stopped_while_others_go_on(
    dispatcher: FakeDispatcher, tmp_path: Path, *, engine: str, control: str
) -> None:
    """Told so, its engine ends within an interval, and what was done counts."""
    fields = {"engine": engine, "maxProbesPerSecond": 300}
    if engine == "connect":
        fields["engineArgs"] = {"report": "all"}
    dispatcher.jobs.extend(job(number, SLOW, **fields) for number in (1, 2))
    with running(options(dispatcher, tmp_path)):
        dispatcher.wait_for(lambda: done(dispatcher, 1) > 60 and done(dispatcher, 2) > 60)
        told_at = time.monotonic()
        dispatcher.control[1] = control
        release = dispatcher.wait_for(lambda: dispatcher.of("released"))[0]
        others = done(dispatcher, 2)
        engines_left = len(nmaps())
        dispatcher.wait_for(lambda: done(dispatcher, 2) > others + 60)

    hosts_done = release.body["hostsDone"]
    last_told = done(dispatcher, 1)
    network = ipaddress.ip_network("127.0.0.0/16")
    assert release.job_id == 1
    assert release.at - told_at < 1.0
    assert last_told <= hosts_done <= last_told + 300
    assert engines_left == (1 if engine == "nmap" else 0)
    if engine == "connect":
        reported = {row["host"] for row in dispatcher.stored[1, 1]}
        assert {str(network[n]) for n in range(hosts_done)} <= reported


def done(dispatcher: FakeDispatcher, job_id: int) -> int:
    """How many addresses the last progress told."""
    calls = dispatcher.of("running", job_id)
    return max((int(call.body.get("progressCount", 0)) for call in calls), default=0)


def nmaps() -> list[str]:
    """The nmap processes below this one that have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent, *_ = rest.split()
        if name.endswith("(nmap") and parent == str(os.getpid()) and state != "Z":
            found.append(folder.name)
    return found
