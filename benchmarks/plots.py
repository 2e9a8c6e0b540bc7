"""Draws the plots of docs/performance.md; runs by itself, with what benchmarks/plots.txt pins.

usage: python -m benchmarks.plots MEASURED_JSON FOLDER
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.rows import Findings, Row, number

MET, NOT_MET, PLAIN = "#2a7f62", "#c44e2c", "#4c6a92"
OURS = ("sync", "plain")
PERCENTS = (50, 90, 99, 99.9)
STYLE = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "scan-dispatch",  # the same figures give the same file
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#dddddd",
}


def reach(rows: list[Row]) -> Figure:
    """How much of its reach each row has, 1 where it is just reached."""
    figure, axes = _figure(height=0.7 + 0.26 * len(rows))
    shares = [row.share for row in rows]
    colours = [MET if row.met else NOT_MET for row in rows]
    axes.barh([row.what for row in rows], shares, color=colours)
    axes.invert_yaxis()
    axes.set_xscale("log", base=2)
    axes.axvline(1, color="black", linewidth=1)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for place, row in enumerate(rows):
        said = f" {number(row.value)} {row.unit} ({row.direction} {number(row.reach)})"
        axes.text(max(row.share, 1), place, said, va="center", fontsize=8)
    axes.set_xlabel("times its reach (logarithmic); left of the line: not met")
    return figure


def lives(rates: dict[str, float]) -> Figure:
    """Task lives a second, the fastest first."""
    figure, axes = _figure(height=0.7 + 0.3 * len(rates))
    names = sorted(rates, key=lambda name: -rates[name])
    values = [rates[name] for name in names]
    axes.barh(names, values, color=[MET if name.startswith(OURS) else PLAIN for name in names])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:,.0f}", va="center", fontsize=8)
    axes.set_xlabel("task lives a second (green: Scan Dispatch over HTTP; blue: in process)")
    return figure


def latency(curves: dict[str, list[tuple[float, float]]]) -> Figure:
    """Times by percentile; each further nine is as wide as the last."""
    figure, axes = _figure(height=4)
    for name, curve in curves.items():
        points = [(percent, ms) for percent, ms in curve if ms > 0]
        axes.plot([_nines(percent) for percent, _ in points], [ms for _, ms in points], label=name)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xticks([_nines(percent) for percent in PERCENTS], [f"p{p:g}" for p in PERCENTS])
    axes.set_ylabel("ms (logarithmic)")
    axes.legend(fontsize=8)
    return figure


def _nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def _figure(*, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10, height), layout="constrained")
    return figure, figure.add_subplot()


def main() -> None:
    """Read what was measured, draw what there is of it."""
    measured: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    found = [Findings.of(entry["findings"]) for entry in measured["entries"].values()]
    rows = [row for each in found for row in each.rows]
    rates = {name: rate for each in found for name, rate in each.rates.items()}
    curves = {name: curve for each in found for name, curve in each.curves.items()}
    with mpl.rc_context(STYLE):
        for name, drawn in (
            ("reach", reach(rows) if rows else None),
            ("lives", lives(rates) if rates else None),
            ("latency", latency(curves) if curves else None),
        ):
            if drawn is not None:
                drawn.savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
