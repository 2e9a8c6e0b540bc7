"""Writes docs/performance.md: what was measured, beside what is to be reached."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Iterator, Mapping
from types import ModuleType

from benchmarks.record import FILE, ROOT, Entry, Record
from benchmarks.rows import Row, number

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
PLOTTER = ROOT / ".bench" / "plots" / "bin" / "python"
PLUS = " A `+`: files differed from that commit."
NO_REASON = "Its suite gives no reason yet (`REASONS`)."
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
    versions = dict(record.versions)
    for entry in record.entries.values():
        versions |= entry.findings.versions
    yield f"Versions: {', '.join(f'{name} {number}' for name, number in versions.items())}.\n"
    yield f"{_commits(record)}\n"


def _commits(record: Record) -> str:
    """Which commits the page is about."""
    suites: dict[str, list[str]] = {}
    for name, entry in record.entries.items():
        suites.setdefault(_commit(entry), []).append(name)
    plus = PLUS if any("+" in commit for commit in suites) else ""
    if len(suites) == 1:
        return f"Everything was measured at {next(iter(suites))}.{plus}"
    listed = "; ".join(f"at {commit}: {', '.join(names)}" for commit, names in suites.items())
    return f"**Not everything was measured at one commit**: {listed}.{plus}"


def _commit(entry: Entry) -> str:
    return f"`{entry.commit}`" if entry.commit else "a commit that was not noted"


def _table(record: Record, modules: Mapping[str, ModuleType]) -> Iterator[str]:
    rows = [(name, row) for name, entry in record.entries.items() for row in entry.findings.rows]
    met = sum(row.met for _, row in rows)
    yield "## What is to be reached, and what was measured\n"
    yield f"{met} of {len(rows)} are met.\n"
    yield "| what | measured | reach | | command |\n| --- | ---: | ---: | --- | --- |"
    yield "".join(f"{_line(name, row)}\n" for name, row in rows)
    for name in modules:
        entry = record.entries.get(name)
        if entry is None or entry.failed:
            yield f"Not measured: `{name}`{f', {entry.failed}' if entry else ''}\n"
    for name, row in rows:
        if not row.met:
            reason = getattr(modules[name], "REASONS", {}).get(row.what, NO_REASON)
            yield f"Not met: **{row.what}**, at {number(row.share)} of its reach. {reason}\n"


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
    state = f" at `{entry.commit}`" if entry.commit else ""
    measured = f"Measured {entry.at}{state} in {entry.seconds:.0f} s"
    yield f"{measured}; load before it: {entry.load}.\n"
    figures = {row.what: row.raw for row in entry.findings.rows if row.raw} | entry.findings.figures
    yield "".join(f"- {what}: {raw}\n" for what, raw in figures.items())
