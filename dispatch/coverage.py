"""Coverage as proof: every address of a scan, by what became of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from domain.intervals import Interval, size, without
from domain.space import Segment, merge
from domain.targets import AddressRange

View = dict[str, Any]


def coverage_view(total: int, covered: dict[str, list[Interval]], segments: list[Segment]) -> View:
    """Counts that add up to the total, and the ranges of each state."""
    known = sorted(interval for state in covered.values() for interval in state)
    states = {**covered, "not_reached": without([(0, total)], known)}
    return {
        "total": total,
        **{state: size(intervals) for state, intervals in states.items()},
        "ranges": {state: written(segments, intervals) for state, intervals in states.items()},
    }


def written(segments: list[Segment], intervals: list[Interval]) -> list[str]:
    """Intervals as an operator writes targets: an address, first-last, or a name."""
    addresses: list[AddressRange] = []
    names: list[str] = []
    for segment, first, last in _parts(segments, intervals):
        addresses += segment.ranges(first, last)
        names += [segment.name] if segment.name is not None else []
    return [*map(range_text, merge(addresses)), *names]


def _parts(
    segments: list[Segment], intervals: list[Interval]
) -> Iterator[tuple[Segment, int, int]]:
    """Where segments and intervals, both ascending, meet."""
    at = 0
    for segment in segments:
        while at < len(intervals) and intervals[at][0] < segment.end:
            first, last = intervals[at]
            if last > segment.start:
                yield segment, max(first, segment.start), min(last, segment.end)
            if last > segment.end:
                break
            at += 1


def range_text(item: AddressRange) -> str:
    """An address, or first-last."""
    kind = ipaddress.IPv4Address if item.version == 4 else ipaddress.IPv6Address  # noqa: PLR2004 - IPv4
    first, last = kind(item.first), kind(item.last)
    return str(first) if first == last else f"{first}-{last}"
