"""What a benchmark measured, beside what it is to reach."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

AT_LEAST, AT_MOST = "≥", "≤"
NEARLY = 0.9  # of a reach: below it, a quick run fails
HEADS = f"{'what':<74} {'measured':>14} {'reach':>16}  verdict"


@dataclass(frozen=True)
class Row:
    """One measurement. raw: the figures that it was made of, for people.

    is_ratio: it is one figure of a run divided by another one of the same run, of two sides that
    were measured in turn or of one side (p99 / p50). A busy machine changes both of them; any other
    figure it changes alone, so that a quick run judges ratios only.
    """

    what: str
    value: float
    direction: str
    reach: float
    unit: str = ""
    raw: str = ""
    is_ratio: bool = False

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
        return self.is_ratio and self.share < NEARLY

    @property
    def measured(self) -> str:
        """The figure with its unit."""
        return f"{number(self.value)} {self.unit}".rstrip()

    @property
    def wanted(self) -> str:
        """What it is to reach, with its unit."""
        return f"{self.direction} {number(self.reach)} {self.unit}".rstrip()

    def __str__(self) -> str:
        verdict = "met" if self.met else "NOT MET"
        line = f"{self.what:<74} {self.measured:>14} {self.wanted:>16}  {verdict}"
        return f"{line}\n    {self.raw}" if self.raw else line


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
) -> Row:
    """A row of one figure divided by another one of the same run."""
    return Row(what, value, direction, reach, raw=raw, is_ratio=True)


def number(value: float) -> str:
    """A figure with as many digits as it can bear."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
