"""The address space of a scan: every address has an index, and nothing is ever expanded.

Targets less exclusions become disjoint CIDR blocks in ascending order, then the names; the index of
an address is how many come before it. Segments are runs of at most MAX_BLOCKS blocks, or one
name: a slice never crosses one, which bounds what a job's target list can hold, and lets a name
that cannot be scanned fail alone.
"""

from __future__ import annotations

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from domain.targets import Address, AddressRange, Target

MAX_ADDRESSES = 2**48  # what a Lua number, a double, adds and subtracts exactly, with room to spare
MAX_NAMES = 10_000
MAX_BLOCKS_A_SCAN = 2**17
MAX_BLOCKS = 128  # with both ends cut (48 blocks each at most), a job has fewer than 256 targets
_WIDTH = {4: 32, 6: 128}


class SpaceError(ValueError):
    """These targets make no scan."""


@dataclass(frozen=True, slots=True)
class Block:
    """A CIDR block: its IP version, first address and number of addresses (a power of two)."""

    version: int
    first: int
    size: int

    def __str__(self) -> str:
        return cidr(self.version, self.first, self.size)


@dataclass(frozen=True, slots=True)
class Segment:
    """Blocks in a row, or one name; `start` is the index of the first address."""

    start: int
    blocks: tuple[Block, ...] = ()
    name: str | None = None

    @property
    def size(self) -> int:
        """How many addresses; a name counts as one."""
        return sum(block.size for block in self.blocks) if self.name is None else 1

    @property
    def end(self) -> int:
        """The index after the last address."""
        return self.start + self.size

    def encode(self) -> str:
        """One line of text that `decode` reads: what the store keeps."""
        if self.name is not None:
            return f"{self.start};n:{self.name}"
        items = (f"{b.version}:{b.first:x}:{b.size:x}" for b in self.blocks)
        return f"{self.start};{','.join(items)}"

    @staticmethod
    def decode(text: str) -> Segment:
        """Read what `encode` wrote."""
        start, _, rest = text.partition(";")
        items = [item.split(":") for item in rest.split(",")]
        if items[0][0] == "n":
            return Segment(int(start), name=items[0][1])
        blocks = (Block(int(v), int(first, 16), int(size, 16)) for v, first, size in items)
        return Segment(int(start), tuple(blocks))

    def targets(self, start: int, end: int) -> list[str]:
        """The addresses with index start … end-1, as CIDRs (or names)."""
        if self.name is not None:
            return [self.name]
        return self._one_block(start, end) or self._blocks(start, end)

    def _one_block(self, start: int, end: int) -> list[str]:
        """The same where they are one CIDR inside one block, as of most jobs; otherwise empty."""
        index, size = self.start, end - start
        for block in self.blocks:
            after = index + block.size
            if index <= start < end <= after:
                first = block.first + start - index
                is_cidr = not (first | size) & (size - 1)
                return [cidr(block.version, first, size)] if is_cidr else []
            index = after
        return []

    def _blocks(self, start: int, end: int) -> list[str]:
        parts = list(self.ranges(start, end))
        if len(parts) > 1:
            parts = merge(parts)
        return [cidr(*block) for part in parts for block in split(part)]

    def ranges(self, start: int, end: int) -> Iterator[AddressRange]:
        """The addresses with index start … end-1, a range for each block that they touch."""
        index = self.start
        for block in self.blocks:
            after = index + block.size
            if start < after and index < end:
                first, last = block.first + max(start - index, 0), block.first - index
                yield AddressRange(block.version, first, last + min(end, after) - 1)
            index = after

    def holds(self, address: Address) -> bool:
        """Whether this address belongs to it."""
        version, value = int(address.version), int(address)
        at = bisect_right(self.blocks, (version, value), key=lambda b: (b.version, b.first)) - 1
        if at < 0 or self.blocks[at].version != version:
            return False
        return value < self.blocks[at].first + self.blocks[at].size


def build_segments(targets: Iterable[Target], excluded: Iterable[AddressRange]) -> list[Segment]:
    """The segments of a scan.

    Raises SpaceError where nothing is left after the exclusions, or more than MAX_ADDRESSES.
    """
    everything = list(targets)
    names = list(dict.fromkeys(target for target in everything if isinstance(target, str)))
    ranges = merge(target for target in everything if isinstance(target, AddressRange))
    left = subtract(ranges, merge(excluded))
    blocks = list(islice((Block(*b) for part in left for b in split(part)), MAX_BLOCKS_A_SCAN + 1))
    if len(blocks) > MAX_BLOCKS_A_SCAN:
        raise SpaceError(
            f"These need more than {MAX_BLOCKS_A_SCAN} CIDR blocks; make several scans."
        )
    total = sum(block.size for block in blocks) + len(names)
    if total == 0:
        raise SpaceError("Nothing is left to scan after the exclusions.")
    if len(names) > MAX_NAMES:
        raise SpaceError(f"These are {len(names)} names; a scan has at most {MAX_NAMES}.")
    if total > MAX_ADDRESSES:
        raise SpaceError(f"These are {total} addresses; a scan has at most {MAX_ADDRESSES} (2^48).")
    return list(_cut_into_segments(blocks, names))


def _cut_into_segments(blocks: list[Block], names: list[str]) -> Iterator[Segment]:
    start = 0
    for at in range(0, len(blocks), MAX_BLOCKS):
        segment = Segment(start, blocks=tuple(blocks[at : at + MAX_BLOCKS]))
        yield segment
        start = segment.end
    for name in names:
        yield Segment(start, name=name)
        start += 1


def merge(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    """The same addresses as disjoint, ascending ranges with gaps between them."""
    merged: list[AddressRange] = []
    for item in sorted(ranges):
        top = merged[-1] if merged else None
        if top and top.version == item.version and item.first <= top.last + 1:
            merged[-1] = AddressRange(top.version, top.first, max(top.last, item.last))
        else:
            merged.append(item)
    return merged


def subtract(ranges: list[AddressRange], excluded: list[AddressRange]) -> Iterator[AddressRange]:
    """What is left of merged ranges without merged exclusions, ascending; linear in both."""
    at = 0
    for item in ranges:
        first = item.first
        while at < len(excluded) and _is_before(excluded[at], item.version, first):
            at += 1
        look = at
        while look < len(excluded) and _touches(excluded[look], item):
            if excluded[look].first > first:
                yield AddressRange(item.version, first, excluded[look].first - 1)
            first = excluded[look].last + 1
            look += 1
        if first <= item.last:
            yield AddressRange(item.version, first, item.last)


def _is_before(excluded: AddressRange, version: int, first: int) -> bool:
    return (excluded.version, excluded.last) < (version, first)


def _touches(excluded: AddressRange, item: AddressRange) -> bool:
    return excluded.version == item.version and excluded.first <= item.last


def split(part: AddressRange) -> Iterator[tuple[int, int, int]]:
    """The fewest CIDR blocks that are this range, each as (version, first, size)."""
    first, width = part.first, _WIDTH[part.version]
    while first <= part.last:
        aligned = first & -first if first else 1 << width
        room = 1 << ((part.last - first + 1).bit_length() - 1)
        size = min(aligned, room)
        yield part.version, first, size
        first += size


def cidr(version: int, first: int, size: int) -> str:
    """A block in CIDR notation."""
    length = _WIDTH[version] - size.bit_length() + 1
    if version == 4:  # noqa: PLR2004 - IPv4, of which every job has one
        return f"{socket.inet_ntoa(first.to_bytes(4))}/{length}"
    return f"{ipaddress.IPv6Address(first)}/{length}"
