"""Writes docs/performance.md: what was measured, beside what is to be reached."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from benchmarks.record import FILE, ROOT, Entry, Record
from benchmarks.rows import Row

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
PLOTTER = ROOT / ".bench" / "plots" / "bin" / "python"
HEAD = """# Performance

Written by `make bench` from its own measurements; edit `benchmarks/`, not this page. Every row can
be measured alone with the command beside it, after `make setup` and `scripts/bench-tools.sh`; that
prints it, and leaves this page as it is.

Server, stores, the other queues and the client share the cores of one machine, all over loopback.
Both sides of a ratio are measured in turn in one run, on stores that append to a file every second;
a ratio is the median over the rounds. Absolute times and rates hold for a machine like this one.
"""


def write(record: Record, modules: Mapping[str, ModuleType]) -> None:
    """The page and its plots."""
    parts = [HEAD, *_machine(record), *_table(record, modules), *_plots(record)]
    for name, entry in record.entries.items():
        parts += _section(name, entry, modules[name])
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
    if not PLOTTER.exists():
        print("not drawn: the plots, which scripts/bench-tools.sh makes the tools for")
        return
    subprocess.run(  # noqa: S603 - ours
        [str(PLOTTER), "-m", "benchmarks.plots", str(FILE), str(PLOTS)], cwd=ROOT, check=True
    )


def _machine(record: Record) -> Iterator[str]:
    yield "## Machine\n"
    yield "".join(f"- {name}: {value}\n" for name, value in record.facts.items())
    listed = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    yield f"Versions: {listed}.\n"


def _table(record: Record, suites: Iterable[str]) -> Iterator[str]:
    rows = [(name, row) for name, entry in record.entries.items() for row in entry.findings.rows]
    met = sum(row.met for _, row in rows)
    yield "## What is to be reached, and what was measured\n"
    yield f"{met} of {len(rows)} are met.\n"
    yield "| what | measured | reach | | command |\n| --- | ---: | ---: | --- | --- |"
    yield "".join(f"{_line(name, row)}\n" for name, row in rows)
    for name in suites:
        entry = record.entries.get(name)
        if entry is None or entry.failed:
            yield f"Not measured: `{name}`{f', {entry.failed}' if entry else ''}\n"
    if met < len(rows):
        yield "What stands in the way of a row that is not met: see [decisions](decisions/).\n"


def _line(name: str, row: Row) -> str:
    verdict = "met" if row.met else "**not met**"
    command = f"`.venv/bin/python -m benchmarks {name}`"
    return f"| {row.what} | {row.measured} | {row.wanted} | {verdict} | {command} |"


def _plots(record: Record) -> Iterator[str]:
    yield "![how much of its reach each row has](performance/reach.svg)\n"
    if any(entry.findings.rates for entry in record.entries.values()):
        yield "![task lives a second, ours and other queues](performance/lives.svg)\n"
    if any(entry.findings.curves for entry in record.entries.values()):
        yield "![times by percentile](performance/latency.svg)\n"


def _section(name: str, entry: Entry, module: ModuleType) -> Iterator[str]:
    """How a suite measures (its module says so), and its figures."""
    yield f"## {name}\n"
    yield f"{inspect.getdoc(module)}\n"
    yield f"Measured {entry.at} in {entry.seconds:.0f} s; load before it: {entry.load}.\n"
    figures = {row.what: row.raw for row in entry.findings.rows if row.raw} | entry.findings.figures
    yield "".join(f"- {what}: {raw}\n" for what, raw in figures.items())
