"""Port lists and targets: read strictly, never expanded."""

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JobError
from agent.ports import parse_ports
from agent.targets import Block, parse_where


def test_ports_keep_their_order() -> None:
    """Ports come in the order of the notation, and are written back the same."""
    ports = parse_ports("443,22, 8000-8002")

    assert list(ports) == [443, 22, 8000, 8001, 8002]
    assert len(ports) == 5
    assert str(ports) == "443,22,8000-8002"


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 50)), min_size=1, max_size=8))
def test_no_port_twice(parts: list[tuple[int, int]]) -> None:
    """However ranges overlap, every port is there exactly once."""
    text = ",".join(f"{first}-{first + more}" for first, more in parts)
    expected = sorted({p for first, more in parts for p in range(first, first + more + 1)})

    assert expected == sorted(parse_ports(text))


@pytest.mark.parametrize(
    "text", ["", "0", "65536", "9-1", "-", "1-", "a", "1,,2", "1;2", "٣", "1-2-3", "T:80", " "]
)
def test_odd_ports_are_refused(text: str) -> None:
    """What is no list of ports within 1-65535 is refused."""
    with pytest.raises(JobError):
        parse_ports(text)


def test_a_64_is_not_expanded() -> None:
    """The addresses of a /64 are made one at a time, and its last has its index at once."""
    block = Block(5, ipaddress.ip_network("2001:db8::/64"), parse_ports("1"))
    first = list(itertools.islice(block.addresses(), 2))

    assert [(i, str(a)) for i, a in first] == [(5, "2001:db8::"), (6, "2001:db8::1")]
    assert block.index_of(ipaddress.ip_address("2001:db8::ffff:ffff:ffff:ffff")) == 5 + 2**64 - 1
    assert block.index_of(ipaddress.ip_address("2001:db9::")) is None
    assert block.index_of(ipaddress.ip_address("10.0.0.1")) is None


@pytest.mark.parametrize("text", ["10.0.0.1/24", "10.0.0.0/33", "::g", "-iL", "a b", "x;y", "a/b"])
def test_odd_targets_are_refused(text: str) -> None:
    """What is neither a network nor a name is refused, options for a program above all."""
    with pytest.raises(JobError):
        parse_where(text)


def test_names_and_networks() -> None:
    """A name stays a name; an address is a network of one."""
    assert parse_where("db-1.example") == "db-1.example"
    assert parse_where("10.0.0.1") == ipaddress.ip_network("10.0.0.1/32")
