"""dispatch.exports.nmap_xml: what is said in nmap's words, valid by nmap's own DTD."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.engines.nmap_xml import NmapPort, NmapReader
from dispatch.exports.elements import quoted
from tests.unit.exporting import Row, exported, hostile, hostile_rows, row

DTD = Path("/usr/share/nmap/nmap.dtd")


def valid(document: bytes) -> bytes:
    """The document, which must be valid."""
    command = ["xmllint", "--noout", "--nonet", "--dtdvalid", str(DTD), "-"]
    checked = subprocess.run(  # noqa: S603 - of the machine's own packages
        command, input=document, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr.decode()
    return document


def tree(rows: Sequence[Row], **scan: str) -> Any:
    return ElementTree.fromstring(valid(exported("nmap-xml", rows, **scan)))


def attributes(element: Any, *names: str) -> tuple[str | None, ...]:
    return tuple(element.get(name) for name in names)


def test_what_is_said_of_the_run() -> None:
    """When, what was asked for, and the sums at its end."""
    root = tree([row("10.0.0.1", 22), row("10.0.0.2", state="down")])
    finished, hosts = root.find("runstats/finished"), root.find("runstats/hosts")

    assert attributes(root, "scanner", "start", "startstr", "profile_name", "args") == (
        *("nmap", "1700000001", "Tue Nov 14 22:13:21 2023", "Office LAN"),
        "Scan Dispatch, scan 17, engine connect",
    )
    assert dict(root.find("scaninfo").attrib) == {
        "type": "connect", "protocol": "tcp", "numservices": "2", "services": "22,80",
    }  # fmt: skip
    assert attributes(finished, "time", "elapsed", "exit") == ("1700000061", "60.00", "success")
    assert dict(hosts.attrib) == {"up": "1", "down": "255", "total": "256"}


def test_a_failed_scan_says_so() -> None:
    """In nmap's word for it."""
    assert tree([], status="failed").find("runstats/finished").get("exit") == "error"


def test_a_scan_that_runs_can_be_exported() -> None:
    """Before it has begun as well; the time of its last change is its end so far."""
    begun = {"started": "1700000001000", "finished": "", "since": "1700000005000"}

    assert tree([], **begun).find("runstats/finished").get("elapsed") == "4.00"
    assert tree([], **{**begun, "started": ""}).find("runstats/finished").get("elapsed") == "5.00"


def test_what_is_said_of_a_port() -> None:
    """State, service and banner, where nmap has them."""
    about = {"service": "ssh", "product": "OpenSSH", "version": "9.2", "banner": "SSH-2.0\r\n"}
    port = tree([row("10.0.0.1", 22, **about, extra={"extrainfo": "protocol 2.0"})]).find(".//port")

    assert dict(port.attrib) == {"protocol": "tcp", "portid": "22"}
    assert attributes(port.find("state"), "state", "reason") == ("open", "syn-ack")
    assert dict(port.find("service").attrib) == {
        "name": "ssh", "product": "OpenSSH", "version": "9.2", "extrainfo": "protocol 2.0",
        "method": "probed", "conf": "10",
    }  # fmt: skip
    assert dict(port.find("script").attrib) == {"id": "banner", "output": "SSH-2.0\r\n"}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([row("10.0.0.1", 22)], ("up", "syn-ack")),
        ([row("10.0.0.1", 22, "closed")], ("up", "conn-refused")),
        ([row("10.0.0.1", 22, "filtered")], ("up", "user-set")),
        ([row("10.0.0.1", state="up")], ("up", "unknown-response")),
        ([row("10.0.0.1", state="down")], ("down", "no-response")),
        ([row("10.0.0.1", state="down"), row("10.0.0.1", 22)], ("up", "syn-ack")),
    ],
)
def test_whether_a_host_is_up(rows: list[Row], status: tuple[str, str]) -> None:
    """By its ports first, as nmap -Pn has it, then by what was said of the host."""
    assert attributes(tree(rows).find("host/status"), "state", "reason") == status


def test_a_host_is_one_element() -> None:
    """With all of its ports, and every name that it was found under."""
    rows = [row("2001:db8::1", port, name=f"{port % 2}.example") for port in range(1, 10)]
    root = tree([*rows, row("10.0.0.1", 22), row("2001:db8::1", state="up")])
    first, second = root.findall("host")

    assert attributes(first.find("address"), "addr", "addrtype") == ("10.0.0.1", "ipv4")
    assert attributes(second.find("address"), "addr", "addrtype") == ("2001:db8::1", "ipv6")
    assert [p.get("portid") for p in second.iter("port")] == [str(p) for p in range(1, 10)]
    assert {n.get("name") for n in second.iter("hostname")} == {"0.example", "1.example"}


@given(st.lists(hostile_rows))
@settings(max_examples=30, deadline=None)
def test_hostile_rows_make_a_valid_document(rows: list[Row]) -> None:
    """By the DTD, with every port in it."""
    ports = {(r["host"], r.get("protocol", "tcp"), r["port"]) for r in rows if "port" in r}
    root = tree(rows, spec='{"name": "<&\\"--\\u0000>"}')
    found = [
        (host.find("address").get("addr"), port.get("protocol"), int(port.get("portid")))
        for host in root.iter("host")
        for port in host.iter("port")
    ]

    assert len(found) == len(set(found))
    assert set(found) == ports


@given(hostile)
def test_quoted_texts_come_back(text: str) -> None:
    r"""All that XML can hold; the rest as \x00, which nmap writes too."""
    whole = ElementTree.fromstring(f'<a b="{quoted(text)}"/>').get("b")
    held = "".join(s if _in_xml(s) else f"\\x{ord(s):02X}" for s in text)

    assert whole == held


def _in_xml(sign: str) -> bool:
    return sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff")


def test_our_own_reader_of_nmap_reads_it() -> None:
    """The agent's, which was made for nmap."""
    reader = NmapReader()
    rows = [row("10.0.0.1", 22, service="ssh", product="OpenSSH"), row("10.0.0.1", 80, "closed")]
    [host] = reader.feed(exported("nmap-xml", rows))

    assert reader.finish() == ([], True)
    assert host.address == "10.0.0.1"
    assert host.ports == [
        NmapPort("tcp", 22, "open", service="ssh", product="OpenSSH"),
        NmapPort("tcp", 80, "closed"),
    ]
