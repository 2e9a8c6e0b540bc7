"""Sides that are measured in turn, round after round, so that a machine's moods hit all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.rows import number

Side = Callable[[], float]


@dataclass(frozen=True)
class Rates:
    """What each side came to in each round, a second."""

    by_side: Mapping[str, list[float]]

    def median(self, side: str) -> float:
        """A side's usual rate."""
        return statistics.median(self.by_side[side])

    def ratio(self, first: str, second: str) -> float:
        """How many times as fast the first usually is: the median over the rounds."""
        pairs = zip(self.by_side[first], self.by_side[second], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def raw(self, *sides: str) -> str:
        """The sides' rates, with the slowest and the fastest round."""
        return "; ".join(map(self._raw, sides))

    def _raw(self, side: str) -> str:
        rates = self.by_side[side]
        return f"{side} {number(self.median(side))}/s ({number(min(rates))}-{number(max(rates))})"


def in_turn(sides: Mapping[str, Side], rounds: int) -> Rates:
    """Measure each side once a round; every other round goes the other way round."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds):
        order = list(sides)[:: 1 if turn % 2 == 0 else -1]
        for name in order:
            rates[name].append(sides[name]())
    return Rates(rates)
