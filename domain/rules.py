"""The rules of a site: which addresses may be scanned, and which budgets each of them draws on.

Subnets are CIDRs, so two of them are nested or disjoint. All rules together are laid flat once,
into zones of addresses that are alike; cutting a range is then a bisection.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from domain.intervals import Interval
from domain.space import Segment, merge, subtract
from domain.targets import AddressRange, Network, range_of_network

MAX_DEPTH = 8  # subnets inside each other: each costs a claim some calls of the store
TEXTS_REMEMBERED = 2**19  # reading CIDRs is most of the work when one of 100,000 has changed
IP_VERSIONS = (4, 6)
EVERYTHING = (AddressRange(4, 0, 2**32 - 1), AddressRange(6, 0, 2**128 - 1))

Chain = tuple[int, ...]
Point = tuple[int, int]  # IP version, address


@dataclass(frozen=True, slots=True)
class Piece:
    """Indices of a scan that are alike. chain: ids of subnets, outermost first; None: forbidden."""

    first: int
    last: int
    chain: Chain | None

    @property
    def interval(self) -> Interval:
        """First and last (exclusive) index."""
        return self.first, self.last


@dataclass(frozen=True)
class Rules:
    """One version of a site's rules; each mapping is from canonical CIDR to id."""

    version: int = 0
    subnets: Mapping[str, int] = field(default_factory=dict)
    exclusions: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, int] = field(default_factory=dict)

    def cut(self, segment: Segment, first: int, last: int) -> list[Piece]:
        """Cut the indices first … last-1 of a segment where what holds of them changes.

        A name is one piece without subnets: its exclusions and scopes are the scanner's to apply.
        """
        pieces: list[Piece] = []
        for piece in self._cut(segment, first, last):
            if pieces and pieces[-1].chain == piece.chain:
                pieces[-1] = Piece(pieces[-1].first, piece.last, piece.chain)
            else:
                pieces.append(piece)
        return pieces

    def _cut(self, segment: Segment, first: int, last: int) -> Iterator[Piece]:
        if segment.name is not None or not (self.subnets or self.exclusions or self.scopes):
            yield Piece(first, last, ())
            return
        index = first
        for part in segment.ranges(first, last):
            for size, chain in self._zones.alike(part):
                yield Piece(index, index + size, chain)
                index += size

    def outside_scopes(self, ranges: Iterable[AddressRange]) -> list[AddressRange]:
        """Which of these addresses lie in no scope; none where there are no scopes."""
        return list(subtract(merge(ranges), _ranges(self.scopes))) if self.scopes else []

    @property
    def excluded(self) -> list[AddressRange]:
        """All exclusions, merged."""
        return _ranges(self.exclusions)

    def depth_with(self, network: Network) -> int:
        """How many subnets would contain some address of this one if it were added, at most."""
        wanted = range_of_network(network)
        at = bisect_right(self._budgets.starts, (wanted.version, wanted.first)) - 1
        until = bisect_right(self._budgets.starts, (wanted.version, wanted.last))
        return 1 + max(len(chain or ()) for chain in self._budgets.chains[at:until])

    @cached_property
    def _budgets(self) -> _Zones:
        """Zones by chain alone."""
        zones = _Zones()
        for version in IP_VERSIONS:
            zones.begin((version, 0), ())
            inside: list[tuple[AddressRange, int]] = []
            for item, subnet in sorted(self._subnets_of(version), key=_outermost_first):
                while inside and inside[-1][0].last < item.first:
                    last = inside.pop()[0].last
                    zones.begin((version, last + 1), tuple(i for _, i in inside))
                inside.append((item, subnet))
                zones.begin((version, item.first), tuple(i for _, i in inside))
            while inside:
                last = inside.pop()[0].last
                zones.begin((version, last + 1), tuple(i for _, i in inside))
        return zones

    def _subnets_of(self, version: int) -> Iterator[tuple[AddressRange, int]]:
        for text, subnet in self.subnets.items():
            item = _range(text)
            if item.version == version:
                yield item, subnet

    @cached_property
    def _zones(self) -> _Zones:
        """Zones by chain, and None where it is forbidden to scan."""
        if not (self.exclusions or self.scopes):
            return self._budgets
        forbidden = _Zones()
        items = merge([*self.excluded, *self.outside_scopes(EVERYTHING)])
        for version in IP_VERSIONS:
            forbidden.begin((version, 0), ())
            for item in (item for item in items if item.version == version):
                forbidden.begin((version, item.first), None)
                forbidden.begin((version, item.last + 1), ())
        zones = _Zones()
        for point in sorted({*self._budgets.starts, *forbidden.starts}):
            free = forbidden.at(point) is not None
            zones.begin(point, self._budgets.at(point) if free else None)
        return zones


class _Zones:
    """Where, in ascending order, zones of addresses begin, and the chain of each."""

    def __init__(self) -> None:
        self.starts: list[Point] = []
        self.chains: list[Chain | None] = []

    def begin(self, point: Point, chain: Chain | None) -> None:
        """A zone begins; where one just began at the same point, it is this one instead."""
        if self.starts and self.starts[-1] == point:
            self.chains[-1] = chain
        else:
            self.starts.append(point)
            self.chains.append(chain)

    def at(self, point: Point) -> Chain | None:
        """The chain that holds at a point."""
        return self.chains[bisect_right(self.starts, point) - 1]

    def alike(self, part: AddressRange) -> Iterator[tuple[int, Chain | None]]:
        """How many addresses in a row, from the first of the range on, have which chain."""
        at = bisect_right(self.starts, (part.version, part.first))
        first = part.first
        while first <= part.last:
            end = part.last + 1
            if at < len(self.starts):
                end = self.starts[at][1] if self.starts[at] <= (part.version, part.last) else end
            yield end - first, self.chains[at - 1]
            first, at = end, at + 1


def _outermost_first(item: tuple[AddressRange, int]) -> tuple[int, int]:
    return item[0].first, -item[0].last


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _range(text: str) -> AddressRange:
    return range_of_network(ipaddress.ip_network(text))


def _ranges(texts: Iterable[str]) -> list[AddressRange]:
    return merge(map(_range, texts))
