"""The rules of a site laid flat: what they say of each address, however they are combined."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules import EVERYTHING, Chain, Piece, Rules
from domain.space import Segment, build_segments
from domain.targets import AddressRange, Network, parse_network, parse_target

# Few addresses, at the ends of both IP versions and in the middle, so that rules meet.
CORNERS = ("0.0.0.64", "10.0.0.0", "10.0.1.0", "255.255.255.0", "::", "2001:db8::", "ffff::ff00")
TARGETS = (
    *("10.0.0.200-10.0.1.40", "10.0.1.77", "255.255.255.128/25", "0.0.0.0/26"),
    *("2001:db8::40-2001:db8::90", "::/122"),
)
SEGMENTS = build_segments([parse_target(text) for text in TARGETS], [])


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A CIDR of 1 to 256 addresses near a corner."""
    corner = ipaddress.ip_address(draw(st.sampled_from(CORNERS)))
    address = type(corner)(int(corner) + draw(st.integers(0, 255)))
    bits = corner.max_prefixlen - draw(st.integers(0, 8))
    return str(ipaddress.ip_network((address, bits), strict=False))


def cidrs(most: int) -> st.SearchStrategy[dict[str, int]]:
    """CIDRs, each with an id."""
    listed = st.lists(networks(), max_size=most, unique=True)
    return listed.map(lambda texts: {text: 7 * i % 11 + 100 * i for i, text in enumerate(texts)})


RULES = st.builds(Rules, st.just(1), cidrs(6), cidrs(3), cidrs(2))


def is_in(address: str, texts: dict[str, int]) -> list[Network]:
    """Which of these networks hold an address, the largest first."""
    found = ipaddress.ip_address(address)
    held = [net for net in map(ipaddress.ip_network, texts) if found in net]
    return sorted(held, key=lambda net: net.prefixlen)


def said_of(rules: Rules, address: str) -> Chain | None:
    """What the rules say of one address, by asking each of them."""
    if is_in(address, rules.exclusions) or (rules.scopes and not is_in(address, rules.scopes)):
        return None
    return tuple(rules.subnets[str(net)] for net in is_in(address, rules.subnets))


@given(RULES, st.sampled_from(SEGMENTS))
def test_every_address_is_in_the_piece_that_the_rules_say(rules: Rules, segment: Segment) -> None:
    """Pieces follow each other without gaps, differ from their neighbours, and are right."""
    pieces = rules.cut(segment, segment.start, segment.end)

    assert (pieces[0].first, pieces[-1].last) == (segment.start, segment.end)
    for one, other in itertools.pairwise(pieces):
        assert one.last == other.first
        assert one.chain != other.chain
    for piece in pieces:
        for index in range(piece.first, piece.last):
            (target,) = segment.targets(index, index + 1)
            assert said_of(rules, target.partition("/")[0]) == piece.chain


@given(RULES, st.data())
def test_a_part_is_cut_as_the_whole_is(rules: Rules, data: st.DataObject) -> None:
    """What is asked of some indices is what the cut of all of them says there."""
    segment = data.draw(st.sampled_from(SEGMENTS))
    first = data.draw(st.integers(segment.start, segment.end - 1))
    last = data.draw(st.integers(first + 1, segment.end))
    whole = rules.cut(segment, segment.start, segment.end)
    clipped = [Piece(max(first, p.first), min(last, p.last), p.chain) for p in whole]

    assert rules.cut(segment, first, last) == [p for p in clipped if p.first < p.last]


@given(RULES, networks())
def test_depth_is_counted_where_most_lie_inside_each_other(rules: Rules, text: str) -> None:
    """As if the subnet were added, over all of its addresses."""
    network = parse_network(text)
    chains = (len(is_in(str(address), rules.subnets)) for address in network)

    assert rules.depth_with(network) == 1 + max(chains)


@given(cidrs(3), st.lists(networks(), min_size=1, max_size=3))
def test_what_is_outside_the_scopes(scopes: dict[str, int], texts: list[str]) -> None:
    """All addresses in no scope; none where there are no scopes."""
    ranges = [target for target in map(parse_target, texts) if isinstance(target, AddressRange)]
    outside = Rules(1, scopes=scopes).outside_scopes(ranges)

    for address in itertools.chain.from_iterable(map(ipaddress.ip_network, texts)):
        found = any(
            r.version == address.version and r.first <= int(address) <= r.last for r in outside
        )
        assert found is (bool(scopes) and not is_in(str(address), scopes))


def test_a_name_is_one_piece() -> None:
    """Its addresses are not known here; rules of addresses say nothing of it."""
    (segment,) = build_segments(["host.example"], [])
    rules = Rules(1, {"0.0.0.0/0": 1}, {"10.0.0.0/8": 2}, {"192.0.2.0/24": 3})

    assert rules.cut(segment, segment.start, segment.end) == [Piece(0, 1, ())]


def test_all_addresses_that_there_are() -> None:
    """A scope of everything excludes nothing, and one of an end leaves the rest."""
    everything = {"0.0.0.0/0": 1, "::/0": 2}

    assert Rules(1, scopes=everything).outside_scopes(EVERYTHING) == []
    assert Rules(1, scopes={"::/1": 1}).outside_scopes(EVERYTHING) == [
        AddressRange(4, 0, 2**32 - 1),
        AddressRange(6, 2**127, 2**128 - 1),
    ]


@pytest.mark.parametrize("target", ["10.0.0.0", "10.0.255.255", "2001:db8::"])
def test_a_chain_is_from_the_outside_in(target: str) -> None:
    """Also where subnets begin, or end, with the same address."""
    nested = ["10.0.0.0/16", "10.0.0.0/24", "10.0.0.0/32", "10.0.255.0/24", "10.0.255.255/32"]
    nested += ["2001:db8::/32", "2001:db8::/64", "2001:db8::/128"]
    rules = Rules(1, {cidr: 100 - number for number, cidr in enumerate(nested)})
    (segment,) = build_segments([parse_target(target)], [])
    (piece,) = rules.cut(segment, 0, 1)

    assert piece.chain == said_of(rules, target)
    assert piece.chain is not None
    assert len(piece.chain) == 3
