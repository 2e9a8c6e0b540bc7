"""The engines on real sockets of loopback: what they find, how fast, and how they stop."""

import errno
import ipaddress
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from agent_dispatcher import job, service

from agent.brake import Brake
from agent.engines import connect as connect_module
from agent.engines import nmap as nmap_module
from agent.engines import probe as probe_module
from agent.engines.child import Child
from agent.engines.connect import ConnectEngine
from agent.engines.engine import Engine
from agent.engines.nmap import NmapEngine
from agent.engines.paced_proxy import PacedProxy
from agent.engines.probe import Outcome
from agent.errors import EngineError, JobError
from agent.findings import Findings
from agent.job import Job, parse_job
from agent.lease import Lease
from agent.machine import nmap_binary
from agent.ports import parse_ports
from agent.rate import Pacer
from agent.targets import Block
from benchmarks.listener import listening


def made(targets: list[tuple[str, str]], **fields: Any) -> Job:
    return parse_job(job(1, targets, **fields))


def brake() -> Brake:
    return Brake(Lease(sent_at=0.0, seconds=1.0, now=lambda: 0.0))


def connect_engine(in_flight: int = 500, pacer: Pacer | None = None) -> ConnectEngine:
    return ConnectEngine(pacer=pacer, in_flight=in_flight)


def nmap_engine(binary: str | None = None) -> NmapEngine:
    binary = binary or nmap_binary()
    assert binary, "nmap must be installed for these tests: apt-get install nmap"
    return NmapEngine(binary=binary, pacer=None, share=None)


def scan(engine: Engine, given: Job) -> Findings:
    findings = Findings()
    engine.run(given, findings, brake())
    return findings


def seen(findings: Findings) -> set[tuple[str, int | None, str | None, str]]:
    rows = findings.batch().results
    return {(r["host"], r.get("port"), r.get("protocol"), r["state"]) for r in rows}


@pytest.fixture
def services() -> Iterator[dict[tuple[str, int], bytes]]:
    """Nine services on three IPv4 addresses and ::1."""
    with ExitStack() as stack:
        yield {
            (host, stack.enter_context(service(host, banner))): banner
            for host in ("127.0.0.1", "127.0.0.3", "127.0.0.6", "::1")
            for banner in (b"220 ftp\r\n", b"")
        }


def ports_of(services: dict[tuple[str, int], bytes]) -> str:
    return ",".join(str(port) for _, port in services)


def test_nmap_and_connect_find_the_same(services: dict[tuple[str, int], bytes]) -> None:
    """On the same targets both find exactly the services that there are, IPv4 and IPv6."""
    ports = ports_of(services)
    targets = [("127.0.0.0/29", ports), ("::1/128", ports), ("127.0.0.8/32", "1")]
    by_connect = scan(connect_engine(), made(targets))
    by_nmap = scan(nmap_engine(), made(targets, engine="nmap"))
    expected = {(host, port, "tcp", "open") for host, port in services}

    assert seen(by_connect) == expected
    assert seen(by_nmap) == expected
    assert by_connect.batch().hosts_done == by_nmap.batch().hosts_done == 10


def test_banners_are_grabbed_unless_unwanted() -> None:
    """A banner comes with its port; with `banner` off nobody waits for one."""
    with service("127.0.0.1", b"SSH-2.0-test\r\n") as port:
        targets = [("127.0.0.1", str(port))]
        with_banner = scan(connect_engine(), made(targets)).batch().results
        without = scan(connect_engine(), made(targets, engineArgs={"banner": False}))

    assert with_banner[0]["banner"] == "SSH-2.0-test"
    assert "banner" not in without.batch().results[0]


def test_closed_and_filtered_are_told_apart_when_asked() -> None:
    """With `report` all: refused is closed, silence is filtered, by default neither is said."""
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.9", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for _ in range(3):  # a full backlog drops what comes next, as a filter does
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.9", port))
        arguments = {"report": "all", "timeoutSeconds": 0.3}
        targets = [("127.0.0.9", f"{port},1")]
        found = seen(scan(connect_engine(), made(targets, engineArgs=arguments)))
        silent = seen(scan(connect_engine(), made(targets, engineArgs={"timeoutSeconds": 0.3})))

    assert found == {("127.0.0.9", port, "tcp", "filtered"), ("127.0.0.9", 1, "tcp", "closed")}
    assert silent == set()


def test_a_name_is_resolved_and_its_rules_hold() -> None:
    """A named target is reported by address and name, but for addresses that are excluded."""
    with service("127.0.0.1") as port:
        given = made([("localhost", str(port))], exclusions=["::1/128"], scopes=["127.0.0.0/8"])
        row = scan(connect_engine(), given).batch().results[0]

    assert (row["host"], row["name"], row["port"]) == ("127.0.0.1", "localhost", port)


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EACCES, errno.EPERM, errno.EINVAL])
def test_a_local_error_fails_the_address_only(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Where our own side cannot reach an address, that address is reported, once; others go on."""
    real = probe_module.probe

    async def probe(address: Any, port: int, **rest: Any) -> Outcome:
        if str(address) == "127.0.0.2":
            raise OSError(number, "no way")
        return await real(address, port, **rest)

    monkeypatch.setattr(connect_module, "probe", probe)
    with service("127.0.0.3") as port:
        findings = scan(connect_engine(), made([("127.0.0.0/30", f"1-3,{port}")]))
    rows = findings.batch().results
    failed = [row for row in rows if row["state"] == "down"]

    assert [row["host"] for row in failed] == ["127.0.0.2"]
    assert failed[0]["extra"]["error"] == f"{errno.errorcode[number]}: no way"
    assert ("127.0.0.3", port, "tcp", "open") in seen(findings)
    assert findings.hosts_done == 4
    assert "127.0.0.2" in findings.remarks


def test_too_few_files_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of descriptors, a probe waits a little and tries again before it gives up."""
    tries: list[int] = []

    async def connect(*_: Any, **__: Any) -> Outcome:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(errno.EMFILE, "too many open files")
        return Outcome("open")

    monkeypatch.setattr(probe_module, "_connect", connect)
    monkeypatch.setattr(probe_module, "_RETRY_SECONDS", 0.001)
    findings = scan(connect_engine(), made([("127.0.0.1", "5")]))

    assert len(tries) == 3
    assert seen(findings) == {("127.0.0.1", 5, "tcp", "open")}


def test_no_more_in_flight_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever there is to probe, never more connects are open than the task may have."""
    now: list[int] = [0, 0]

    async def probe(*_: Any, **__: Any) -> Outcome:
        now[0] += 1
        now[1] = max(now)
        await connect_module.asyncio.sleep(0.001)
        now[0] -= 1
        return Outcome("closed")

    monkeypatch.setattr(connect_module, "probe", probe)
    findings = scan(connect_engine(in_flight=7), made([("127.0.0.0/28", "1-20")]))

    assert now[1] == 7
    assert findings.batch().hosts_done == 16


def test_the_rate_is_held_on_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks at once stay at the scanner's own limit: 2 % over 5 s, 5 % in any second."""
    rate = 400
    times: list[float] = []

    async def probe(*_: Any, **__: Any) -> Outcome:
        times.append(time.monotonic())
        return Outcome("closed")

    monkeypatch.setattr(connect_module, "probe", probe)
    engine = connect_engine(pacer=Pacer(rate))
    stop = brake()
    given = made([("127.0.0.0/8", "1-100")], maxProbesPerSecond=300)
    threads = [
        threading.Thread(target=engine.run, args=(given, Findings(), stop)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    threads[0].join(5.6)
    stop.pull()
    for thread in threads:
        thread.join()
    start = times[0] + 0.3
    over_five = sum(start <= t < start + 5 for t in times)
    a_second = [sum(t <= other < t + 1 for other in times) for t in times[::20]]

    assert abs(over_five - 5 * rate) <= 0.02 * 5 * rate
    assert max(a_second) <= 1.05 * rate


def test_silence_does_not_slow_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, as many connects are in flight as the rate takes."""
    times: list[float] = []

    async def probe(*_: Any, **__: Any) -> Outcome:
        times.append(time.monotonic())
        await connect_module.asyncio.sleep(1.9)
        return Outcome("filtered")

    monkeypatch.setattr(connect_module, "probe", probe)
    stop = brake()
    given = made([("127.0.0.0/8", "1-100")], maxProbesPerSecond=700)
    thread = threading.Thread(
        target=connect_engine(in_flight=4000).run, args=(given, Findings(), stop)
    )
    thread.start()
    thread.join(3.5)
    stop.pull()
    thread.join()
    last_second = sum(t >= times[-1] - 1 for t in times)

    assert last_second >= 0.97 * 700


@pytest.mark.parametrize("arguments", [{}, {"versionDetection": True}])
def test_nmap_holds_its_rate(arguments: dict[str, Any]) -> None:
    """Scanning ports, and asking the services what they are: at most 5 % above in any second."""
    with listening(ports=5) as listener:
        ports = ",".join(map(str, listener.ports))
        fields = {"engine": "nmap", "engineArgs": arguments, "maxProbesPerSecond": 100}
        findings = scan(nmap_engine(), made([("127.9.9.0/28", ports)], **fields))
        arrivals = listener.stop()

    assert findings.count == 5 * 16
    assert len(arrivals.times) >= 5 * 16 * (3 if arguments else 1)
    assert arrivals.most_within(1.0) <= 105


def test_a_version_is_detected_at_a_rate() -> None:
    """Through the paced proxy nmap learns product and version, by IPv4 and IPv6."""
    with ExitStack() as stack:
        banner = b"SSH-2.0-OpenSSH_9.6\r\n"
        ports = {host: stack.enter_context(service(host, banner)) for host in ("127.0.0.5", "::1")}
        targets = [(host, str(port)) for host, port in ports.items()]
        fields = {"engineArgs": {"versionDetection": True}, "maxProbesPerSecond": 50}
        rows = scan(nmap_engine(), made(targets, engine="nmap", **fields)).batch().results

    assert {(row["host"], row["product"], row["version"]) for row in rows} == {
        (host, "OpenSSH", "9.6") for host in ports
    }


def test_the_proxy_leads_to_the_targets_only() -> None:
    """A connect to anything but a target's port is hung up on, and nothing is sent there."""
    with listening(ports=2) as listener:
        wanted, other = listener.ports
        blocks = [Block(0, ipaddress.ip_network("127.0.0.4/31"), parse_ports(str(wanted)))]
        with PacedProxy(blocks, 1000.0) as proxy:
            answers = [
                through(proxy, where)
                for where in (
                    f"127.0.0.5:{wanted}",
                    f"127.0.0.5:{other}",
                    f"127.0.0.6:{wanted}",
                    f"localhost:{wanted}",
                    "rubbish",
                )
            ]
        arrivals = listener.stop()

    assert answers == [b"HTTP/1.0 200 OK\r\n\r\n", b"", b"", b"", b""]
    assert len(arrivals.times) == 1


def through(proxy: PacedProxy, where: str) -> bytes:
    """All that the proxy says to a CONNECT."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), 5) as asking:
        asking.sendall(f"CONNECT {where} HTTP/1.1\r\n\r\n".encode())
        with asking.makefile("rb") as answer:
            return answer.read()


@pytest.mark.parametrize("targets", [[("127.0.0.0/8", "1-65535")], [("::/0", "1")]])
def test_an_engine_stops_at_once(targets: list[tuple[str, str]]) -> None:
    """Told to stop in the middle of a huge target, connect is gone within a second."""
    stop = brake()
    given = made(targets, maxProbesPerSecond=500)
    thread = threading.Thread(target=connect_engine().run, args=(given, Findings(), stop))
    thread.start()
    thread.join(0.3)
    stop.pull()
    thread.join(1.0)

    assert not thread.is_alive()


def test_nmap_is_killed_when_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop, nmap is gone within a second, and what it had finished counts."""
    children: list[Child] = []

    def spawn(words: list[str], standard_input: bytes) -> Child:
        children.append(Child(words, standard_input))
        return children[0]

    monkeypatch.setattr(nmap_module, "Child", spawn)
    stop = brake()
    given = made([("127.0.0.0/16", "1-9")], engine="nmap", maxProbesPerSecond=100)
    engine = nmap_engine()
    thread = threading.Thread(target=engine.run, args=(given, Findings(), stop))
    thread.start()
    thread.join(1.0)
    running = children[0]._process.poll()
    stop.pull()
    thread.join(1.5)

    assert running is None
    assert not thread.is_alive()
    assert children[0]._process.returncode == -signal.SIGKILL


FAKE_NMAP = """#!/bin/sh
cat > /dev/null
printf '<nmaprun><host><address addr="127.0.0.1" addrtype="ipv4"/><ports>'
printf '<port protocol="tcp" portid="5"><state state="open"/></port></ports></host>'
printf '<host><address addr="10.9.9.9" addrtype="ipv4"/><ports>'
printf '<port protocol="tcp" portid="5"><state state="open"/></port></ports></host>'
{end}
"""


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("printf '<host><address'", "broke off"),
        ("echo 'out of luck' >&2; exit 3", "code 3: out of luck"),
        ("kill -9 $$", "code -9"),
    ],
)
def test_a_broken_nmap_fails_after_its_whole_hosts(tmp_path: Path, end: str, message: str) -> None:
    """Whole hosts are kept, strangers are ignored, and the task fails with the reason."""
    binary = tmp_path / "nmap"
    binary.write_text(FAKE_NMAP.format(end=end))
    binary.chmod(0o755)
    findings = Findings()
    given = made([("127.0.0.0/30", "5")], engine="nmap")
    with pytest.raises(EngineError, match=message):
        nmap_engine(str(binary)).run(given, findings, brake())

    assert seen(findings) == {("127.0.0.1", 5, "tcp", "open")}
    assert findings.hosts_done == 1


NOTING_NMAP = """#!/bin/sh
cat >> {notes}; echo >> {notes}
printf '<nmaprun><host><address addr="127.0.0.1" addrtype="ipv4"/></host></nmaprun>'
"""


def test_an_nmap_that_was_held_up_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause would be made up for by a burst: that nmap is ended, and the rest is run again."""
    moments = [0.0, 5.0, 5.0]  # its start, the first look at it, the start of the next
    look = SimpleNamespace(now=lambda: moments.pop(0) if moments else 5.1)
    monkeypatch.setattr(nmap_module, "clock", look)
    notes, binary = tmp_path / "notes", tmp_path / "nmap"
    binary.write_text(NOTING_NMAP.format(notes=notes))
    binary.chmod(0o755)
    given = made([("127.0.0.0/30", "5")], engine="nmap", maxProbesPerSecond=10)
    findings = scan(nmap_engine(str(binary)), given)

    assert notes.read_text().split("\n\n") == [
        "127.0.0.0/30",
        "127.0.0.0/32\n127.0.0.2/31",
        "",
    ]
    assert findings.hosts_done == 1


def test_an_nmap_that_cannot_be_started_fails_its_task(tmp_path: Path) -> None:
    """A binary that has gone since the start fails the task with a reason."""
    with pytest.raises(EngineError, match="could not be started"):
        scan(nmap_engine(str(tmp_path / "gone")), made([("127.0.0.1", "5")], engine="nmap"))


@pytest.mark.parametrize(
    "arguments",
    [{"timeoutSeconds": 0}, {"timeoutSeconds": True}, {"banner": 1}, {"report": "x"}, {"a": 1}],
)
def test_connect_refuses_unknown_arguments(arguments: dict[str, Any]) -> None:
    """Only the typed allow-list passes."""
    with pytest.raises(JobError):
        scan(connect_engine(), made([("127.0.0.1", "5")], engineArgs=arguments))


def test_loopback_network_is_probed_whole() -> None:
    """All 256 addresses of 127.0.0.0/24, first and last too, are done, and none is a failure."""
    findings = scan(connect_engine(), made([("127.0.0.0/24", "1-3")]))

    assert findings.batch().hosts_done == 256
    assert findings.count == 0
    assert ipaddress.ip_network("127.0.0.0/24").num_addresses == findings.hosts_done
