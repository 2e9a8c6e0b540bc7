"""Named targets: exclusions and scopes hold for the addresses they lead to."""

import ipaddress
import socket
from dataclasses import replace

import pytest

from agent import names
from agent.brake import Brake
from agent.findings import Findings
from agent.job import Job, JobRef
from agent.lease import Lease
from agent.ports import parse_ports
from agent.targets import Target, parse_where

PORTS = parse_ports("80")
ANSWERS = {
    "both.example": ["192.0.2.1", "2001:db8::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "scoped.example": ["fe80::1%eth0"],
}


def resolver(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
    if name not in ANSWERS:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(0, 0, 0, "", (address, 0)) for address in ANSWERS[name]]


@pytest.fixture(autouse=True)
def _resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver)


def network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(cidr)


def job(*where: str) -> Job:
    targets = tuple(Target(parse_where(text), PORTS) for text in where)
    return Job(JobRef(1, 1), 60, "connect", {}, targets, None)


def planned(given: Job, findings: Findings) -> list[tuple[int, str, str | None]]:
    brake = Brake(Lease(sent_at=0.0, seconds=1.0, now=lambda: 0.0))
    return [(b.index, str(b.network), b.name) for b in names.plan(given, findings, brake)]


def test_a_name_counts_as_one_address() -> None:
    """A name's addresses share its index, and what follows keeps its own."""
    plan = planned(job("10.0.0.0/30", "both.example", "10.1.0.0/32"), Findings())

    assert plan == [
        (0, "10.0.0.0/30", None),
        (4, "192.0.2.1/32", "both.example"),
        (4, "2001:db8::1/128", "both.example"),
        (5, "10.1.0.0/32", None),
    ]


def test_exclusions_and_scopes_hold_for_addresses() -> None:
    """What is excluded or outside every scope is not probed, in whatever form it is written."""
    findings = Findings()
    given = replace(job("both.example", "mapped.example"), exclusions=(network("10.0.0.0/8"),))
    scoped = replace(given, scopes=(network("2001:db8::/32"),))
    in_scope = Findings()

    assert [p[1] for p in planned(given, findings)] == ["192.0.2.1/32", "2001:db8::1/128"]
    assert [p[1] for p in planned(scoped, in_scope)] == ["2001:db8::1/128"]
    assert "both.example: 1 of 2 addresses excluded or out of scope" in in_scope.remarks
    assert "mapped.example: every address is excluded or out of scope" in findings.remarks


def test_a_name_that_leads_nowhere_is_done_and_said() -> None:
    """A name without an answer, or with link-local ones only, is done; the outcome mentions it."""
    findings = Findings()
    plan = planned(job("gone.example", "scoped.example", "a..b"), findings)

    assert plan == []
    assert findings.hosts_done == 3
    assert not findings.probed
    assert "gone.example: Name or service not known" in findings.remarks
    assert "scoped.example: has no address that can be probed" in findings.remarks
