"""What operators write as targets and ports, and what they are told when it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engines import wrong_arguments
from domain.ports import PortsError, parse_ports
from domain.targets import AddressRange, TargetError, parse_network, parse_target


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.0/30", 0x0A000000, 0x0A000003),
        ("10.0.0.7", 0x0A000007, 0x0A000007),
        ("10.0.0.1-10.0.0.20", 0x0A000001, 0x0A000014),
        ("10.0.0.1-20", 0x0A000001, 0x0A000014),
        (" 10.0.0.1 - 20 ", 0x0A000001, 0x0A000014),
        ("0.0.0.0/0", 0, 0xFFFFFFFF),
    ],
)
def test_ipv4_targets(text: str, first: int, last: int) -> None:
    """CIDRs, addresses and both forms of ranges; network and broadcast addresses count."""
    assert parse_target(text) == AddressRange(4, first, last)


def test_ipv6_targets_and_names() -> None:
    """IPv6 in its forms; names in lower case without the last dot."""
    assert parse_target("::1:0:0:0/80") == AddressRange(6, 2**48, 2**49 - 1)
    assert parse_target("::1-::ff") == AddressRange(6, 1, 255)
    assert parse_target("Web-01.Example.ORG.") == "web-01.example.org"
    assert parse_target("a-b") == "a-b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.1/24", "10.0.0.0/24 meant"),
        ("2001:db8::1/64", "2001:db8::/64 meant"),
        ("10.0.0.0/33", "prefix length"),
        ("10.0.0.0/255.255.255.0", "no CIDR"),
        ("10.0.0.0/-1", "no CIDR"),
        ("example.org/24", "no CIDR"),
        ("10.0.0.9-10.0.0.3", "10.0.0.3-10.0.0.9 meant"),
        ("10.0.0.1-300", "does not end in an address"),
        ("10.0.0.1-::1", "one IP version"),
        ("10.0.0.256", "looks like an address"),
        ("1.2.3", "looks like an address"),
        ("010.0.0.1", "looks like an address"),
        ("fe80::1%eth0", "zone"),
        ("::ffff:10.0.0.1", "write 10.0.0.1"),
        ("::/64", "write IPv4"),
        ("::fffe:0:0/95", "write IPv4"),
        ("::fffe:ffff:ffff-::1:0:0:0", "write IPv4"),
        ("", "no address"),
        ("a;reboot", "no address"),
        ("$(id)", "no address"),
        ("-oG", "no address"),
        ("a..b", "no address"),
        ("x" * 64, "no address"),
        ("ünïcode.example", "no address"),
        ("a\nb", "no address"),
    ],
)
def test_wrong_targets(text: str, said: str) -> None:
    """What is no target is refused with a sentence that helps."""
    with pytest.raises(TargetError, match=said.replace(".", r"\.")):
        parse_target(text)


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    """Whatever is written is read, or refused with our own error."""
    try:
        target = parse_target(text)
    except TargetError:
        return
    assert isinstance(target, str | AddressRange)


def test_networks_are_canonical() -> None:
    """An address is a network of one."""
    assert str(parse_network("10.0.0.7")) == "10.0.0.7/32"
    with pytest.raises(TargetError):
        parse_network("example.org")


@pytest.mark.parametrize(
    ("text", "canonical", "count"),
    [
        ("22", "22", 1),
        ("80, 22,443", "22,80,443", 3),
        ("8000-8100", "8000-8100", 101),
        ("1-10,5-20,21", "1-21", 21),
        ("-", "1-65535", 65535),
        ("-3,65533-", "1-3,65533-65535", 6),
    ],
)
def test_ports(text: str, canonical: str, count: int) -> None:
    """Ports are a set: ascending, merged, counted once."""
    ports = parse_ports(text)

    assert (ports.text, ports.count) == (canonical, count)
    assert parse_ports(ports.text) == ports


@pytest.mark.parametrize(
    "text", ["", "0", "65536", "22,,80", "80-22", "http", "1-2-3", "22;id", "T:22", "٢٢", "1" * 500]
)
def test_wrong_ports(text: str) -> None:
    """What is no port is refused."""
    with pytest.raises(PortsError):
        parse_ports(text)


@given(st.text(alphabet="0123456789-, ", max_size=30))
def test_any_text_is_ports_or_refused(text: str) -> None:
    """Whatever is written is read, or refused with our own error."""
    try:
        ports = parse_ports(text)
    except PortsError:
        return
    assert 1 <= ports.count <= 65535


def test_engine_arguments_are_an_allow_list() -> None:
    """Each engine has its arguments, each of its type; nothing else passes."""
    good = {"timeoutSeconds": 1.5, "banner": False, "report": "all"}
    bad = {"timeoutSeconds": True, "banner": "yes", "report": "--script", "script": "x"}

    assert wrong_arguments("connect", good) == {}
    assert set(wrong_arguments("connect", bad)) == set(bad)
    assert wrong_arguments("nmap", {"timing": 4, "versionDetection": True}) == {}
    assert set(wrong_arguments("nmap", {"timing": 6})) == {"timing"}
    assert set(wrong_arguments("masscan", {"rate": 1})) == {"rate"}
