"""What a benchmark measured, beside what it is to reach."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

AT_LEAST, AT_MOST = "≥", "≤"
NEARLY = 0.9  # of a reach: below it, a quick run fails


@dataclass(frozen=True)
class Row:
    """One measurement. raw: the figures that it was made of, for people.

    so_far: what it has come to, where that is less than its reach: no later change may lose it.
    Only a ratio of two things measured in turn means anything on a busy machine: a quick run
    judges no other.
    """

    what: str
    value: float
    direction: str
    reach: float
    unit: str = ""
    raw: str = ""
    is_ratio: bool = False
    so_far: float | None = None

    @property
    def share(self) -> float:
        """How much of its reach it has: 1 is just reached, more is better."""
        if self.direction == AT_LEAST:
            return self.value / self.reach
        return self.reach / self.value if self.value else float("inf")

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.share >= 1

    @property
    def fails_quick(self) -> bool:
        """Whether a quick run is to fail for it."""
        if self.so_far is not None:
            return self.is_ratio and self.value < NEARLY * self.so_far
        return self.is_ratio and self.share < NEARLY

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        verdict = "met" if self.met else "NOT MET"
        reach = f"{self.direction} {number(self.reach)}{unit}"
        return (
            f"{self.what:<74} {number(self.value)}{unit:<6} {reach:<18} {verdict}\n    {self.raw}"
        )


@dataclass
class Findings:
    """What one suite found: rows, figures that have no reach, and curves for the plots.

    figures: name -> text. rates: name -> a second, for one plot. curves: name -> (x, y) pairs.
    """

    rows: list[Row] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Keep a row, and say it."""
        self.rows.append(row)
        print(row, flush=True)

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Findings:
        """From what JSON kept."""
        rows = [Row(**row) for row in document["rows"]]
        rest = {name: value for name, value in document.items() if name != "rows"}
        return cls(rows=rows, **rest)


def ratio(
    what: str,
    value: float,
    reach: float,
    raw: str,
    *,
    direction: str = AT_LEAST,
    so_far: float | None = None,
) -> Row:
    """A ratio of two sides measured in turn."""
    return Row(what, value, direction, reach, raw=raw, is_ratio=True, so_far=so_far)


def number(value: float) -> str:
    """A figure with as many digits as it can bear."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
