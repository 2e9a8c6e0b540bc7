"""Percentiles of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHARES = (*range(100), 99.5, 99.9, 99.99)


@dataclass(frozen=True)
class Latency:
    """Times in milliseconds, in order."""

    times: list[float]

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Latency:
        """From times in seconds."""
        return cls(sorted(each * 1000 for each in seconds))

    def at(self, percent: float) -> float:
        """The time that so many percent do not exceed."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * percent / 100))]

    @property
    def curve(self) -> list[tuple[float, float]]:
        """(percent, ms) for a plot."""
        return [(float(percent), self.at(percent)) for percent in SHARES]

    def __str__(self) -> str:
        return (
            f"p50 {self.at(50):.2f} ms, p99 {self.at(99):.2f} ms, at most {self.times[-1]:.1f} ms "
            f"of {len(self.times):,}"
        )
