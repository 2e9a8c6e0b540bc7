"""Intervals without overlap, and what is left of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatch.coverage import coverage_view
from domain.intervals import Interval, size, without
from domain.space import build_segments
from domain.targets import parse_target


def runs(members: set[int]) -> list[Interval]:
    starts = sorted(i for i in members if i - 1 not in members)
    return [(s, next(e for e in range(s, 99) if e not in members)) for s in starts]


subsets = st.sets(st.integers(0, 60))


@given(subsets, subsets)
def test_without_is_the_difference(one: set[int], other: set[int]) -> None:
    """The difference of two sets, as intervals."""
    left = without(runs(one), runs(other))

    assert (
        left == runs(one - other)
        or {i for first, last in left for i in range(first, last)} == one - other
    )
    assert size(left) == len(one - other)


@given(subsets, subsets)
def test_coverage_accounts_for_every_address(done: set[int], failed: set[int]) -> None:
    """Counts add up, and the ranges of all states together are the targets, each once."""
    segments = build_segments(
        [parse_target(t) for t in ("10.0.0.0/27", "10.9.0.0/28", "::/124", "a.example")], []
    )
    total = segments[-1].end
    done = {i for i in done if i < total}
    covered = {"done": runs(done), "failed": runs({i for i in failed if i < total} - done)}

    view = coverage_view(total, covered, segments)
    parsed = [parse_target(text) for state in view["ranges"].values() for text in state]
    again = build_segments(parsed, [])
    assert view["done"] + view["failed"] + view["not_reached"] == total == 65
    assert again[-1].end == total
    assert sum(len(state) for state in view["ranges"].values()) == len(set(map(str, parsed)))
