"""The address space: targets less exclusions, indexed and never expanded."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.space import MAX_BLOCKS, Segment, SpaceError, build_segments
from domain.targets import AddressRange, parse_target

LOW = 0x0A000000


def ranges(version: int = 4) -> st.SearchStrategy[AddressRange]:
    return st.tuples(st.integers(0, 300), st.integers(0, 40)).map(
        lambda pair: AddressRange(version, LOW + pair[0], LOW + pair[0] + pair[1])
    )


def addresses(items: list[AddressRange]) -> set[tuple[int, int]]:
    return {(i.version, a) for i in items for a in range(i.first, i.last + 1)}


def expand(targets: list[str]) -> list[tuple[int, int]]:
    networks = [ipaddress.ip_network(text) for text in targets]
    return [(network.version, int(address)) for network in networks for address in network]


@given(st.lists(st.one_of(ranges(4), ranges(6)), min_size=1), st.lists(ranges(4)))
def test_every_address_has_one_index(
    targets: list[AddressRange], excluded: list[AddressRange]
) -> None:
    """The segments hold exactly the targets less the exclusions, each address once, in order."""
    wanted = addresses(targets) - addresses(excluded)
    if not wanted:
        with pytest.raises(SpaceError):
            build_segments(targets, excluded)
        return

    segments = build_segments(targets, excluded)
    listed = [a for s in segments for a in expand(s.targets(s.start, s.end))]
    assert listed == sorted(wanted)
    assert segments[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(segments))
    assert [Segment.decode(s.encode()) for s in segments] == segments


@given(st.lists(ranges(4), min_size=1), st.data())
def test_a_slice_is_what_its_interval_says(
    targets: list[AddressRange], data: st.DataObject
) -> None:
    """Any interval of a segment gives the addresses with these indices."""
    segment = build_segments(targets, [])[0]
    first = data.draw(st.integers(segment.start, segment.end - 1))
    last = data.draw(st.integers(first + 1, segment.end))

    everything = expand(segment.targets(segment.start, segment.end))
    assert expand(segment.targets(first, last)) == everything[first:last]


@given(st.lists(st.one_of(ranges(4), ranges(6)), min_size=1), st.data())
def test_the_short_way_to_one_block_is_none_to_another(
    targets: list[AddressRange], data: st.DataObject
) -> None:
    """Blocks, parts of them, several, and intervals that reach out of the segment."""
    segment = build_segments(targets, [])[0]
    first = data.draw(st.integers(segment.start - 2, segment.end + 1))
    last = data.draw(st.one_of(st.just(first + 1), st.integers(first, segment.end + 2)))

    assert segment.targets(first, last) == segment._blocks(first, last)


def test_an_interval_one_past_a_block_is_not_that_block_grown() -> None:
    """Though it begins where a CIDR of its size might."""
    [segment] = build_segments([parse_target("10.0.0.6"), parse_target("10.0.0.9")], [])

    assert segment.targets(0, 2) == ["10.0.0.6/32", "10.0.0.9/32"]
    assert segment.targets(0, 1) == ["10.0.0.6/32"]


@given(st.lists(ranges(4), min_size=1), st.integers(0, 400))
def test_holds_says_what_belongs(targets: list[AddressRange], offset: int) -> None:
    """An address belongs to the segments exactly if a target has it."""
    address = ipaddress.IPv4Address(LOW + offset)
    held = any(segment.holds(address) for segment in build_segments(targets, []))

    assert held == ((4, LOW + offset) in addresses(targets))


def test_segments_are_bounded() -> None:
    """A thousand scattered addresses are cut into segments of at most MAX_BLOCKS blocks."""
    targets = [AddressRange(4, LOW + 2 * i, LOW + 2 * i) for i in range(1000)]

    sizes = [len(segment.blocks) for segment in build_segments(targets, [])]
    assert max(sizes) == MAX_BLOCKS
    assert sum(sizes) == 1000


def test_a_job_has_at_most_256_targets() -> None:
    """Even a segment of large blocks with both ends cut gives fewer."""
    targets = [AddressRange(6, (i << 48) + 1, (i << 48) + 2**41 - 2) for i in range(1, 4)]
    for segment in build_segments(targets, []):
        assert len(segment.targets(segment.start + 1, segment.end - 1)) <= 256


def test_names_come_last_and_count_once_each() -> None:
    """A name is one address, at the end of the index, in a segment of its own."""
    segments = build_segments(
        [parse_target(text) for text in ("a.example", "10.0.0.0/30", "b.example", "a.example")], []
    )

    assert [s.size for s in segments] == [4, 1, 1]
    assert segments[1].targets(4, 5) == ["a.example"]
    assert segments[2].targets(5, 6) == ["b.example"]
    assert Segment.decode(segments[1].encode()) == segments[1]


def test_the_largest_scan() -> None:
    """2^48 addresses are a scan, one more is not; the last of them has its own index."""
    (segment,) = build_segments([parse_target("2001:db8::/80")], [])
    assert segment.end == 2**48
    assert segment.targets(2**48 - 1, 2**48) == ["2001:db8::ffff:ffff:ffff/128"]

    with pytest.raises(SpaceError, match=str(2**48 + 1)):
        build_segments([parse_target("2001:db8::/80"), parse_target("10.0.0.0")], [])


def test_all_of_ipv4_is_one_block() -> None:
    """0.0.0.0/0 costs what a /30 costs."""
    (segment,) = build_segments([parse_target("0.0.0.0/0")], [])

    assert segment.encode() == "0;4:0:100000000"
    assert segment.targets(2**32 - 1, 2**32) == ["255.255.255.255/32"]
