"""Intervals [first, last) of a scan's index, in ascending lists without overlap."""

from __future__ import annotations

Interval = tuple[int, int]


def size(intervals: list[Interval]) -> int:
    """How many indices."""
    return sum(last - first for first, last in intervals)


def merged(intervals: list[Interval]) -> list[Interval]:
    """The same indices, in ascending intervals with gaps between them."""
    joined: list[Interval] = []
    for first, last in sorted(intervals):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def without(intervals: list[Interval], removed: list[Interval]) -> list[Interval]:
    """What is left of the first list; linear in both."""
    left: list[Interval] = []
    at = 0
    for start, last in intervals:
        first = start
        while at < len(removed) and removed[at][1] <= first:
            at += 1
        look = at
        while look < len(removed) and removed[look][0] < last:
            if removed[look][0] > first:
                left.append((first, removed[look][0]))
            first = max(first, removed[look][1])
            look += 1
        if first < last:
            left.append((first, last))
    return left
