"""Runs the measurements: all of them, which writes docs/performance.md, or those named.

    python -m benchmarks [--quick] [--write] [SUITE …]

What is measured is printed, and kept in .bench/measured.json. The page is written where all suites
were measured in this run, or with --write, from all that is kept. A run exits with 1 where a suite
could not be measured; not for a row that is not met: it says which.

A quick run measures less, keeps and writes nothing, and exits with 1 where a ratio is twice below
nine tenths of its reach, or of what it has come to where that is less. Times that no second side
stands beside are not judged: the machine may be busy.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from dataclasses import replace
from types import ModuleType

from benchmarks import machine, report, summary
from benchmarks.record import Entry, Record, commit, now
from benchmarks.rows import HEADS, Findings

SUITES = {
    **{
        name: f"benchmarks.suites.{name}"
        for name in (
            *("calls", "idle", "lives", "claim_script", "fairness", "wake_up", "parked"),
            *("idle_scanners", "fleet", "results"),
        )
    },
    **{name: f"benchmarks.{name}" for name in ("export", "growth", "rates")},
}
QUICK = ("calls", "idle", "lives", "claim_script", "fairness", "growth")


def main() -> int:
    """Measure, keep, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="measure less, and keep nothing")
    parser.add_argument("--write", action="store_true", help="write the page from all that is kept")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    options = parser.parse_args()
    if unknown := set(options.suites) - SUITES.keys():
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")
    if options.quick and options.write:
        parser.error("a quick run keeps nothing that could be written")
    if options.quick:
        return quick(options.suites or list(QUICK))
    return full(options.suites or list(SUITES), write=options.write)


def full(names: list[str], *, write: bool) -> int:
    """Measure, keep it, and write the page from a whole run; 1 where something was not measured."""
    record = Record.read()
    for name in names:
        record.entries[name] = attempt(name, quick=False)
        record.write()
    record.entries = {name: record.entries[name] for name in SUITES if name in record.entries}
    measured = [record.entries[name] for name in names]
    failed = [name for name in names if record.entries[name].failed]
    conclude(measured, quick=False)
    for name in failed:
        print(f"not measured: {name}, {record.entries[name].failed}")
    if write or (set(names) == set(SUITES) and not failed):
        report.write(record, {name: module(name) for name in SUITES})
    else:
        print("docs/performance.md is as it was; --write writes it from all that is kept")
    return int(bool(failed))


def quick(names: list[str]) -> int:
    """Measure, and say which ratios are too low; 1 where one is, and once more."""
    measured = [attempt(name, quick=True) for name in names]
    for at, entry in enumerate(measured):
        if entry.failed or any(row.fails_quick for row in entry.findings.rows):
            print(f"\n{names[at]} is measured once more", flush=True)
            measured[at] = better(entry, attempt(names[at], quick=True))
    conclude(measured, quick=True)
    rows = [row for entry in measured for row in entry.findings.rows]
    for name, entry in zip(names, measured, strict=True):
        if entry.failed:
            print(f"not measured, twice: {name}, {entry.failed}")
    return int(any(entry.failed for entry in measured) or any(row.fails_quick for row in rows))


def better(first: Entry, second: Entry) -> Entry:
    """The second of two measurements, with the better row of each two: low is what is low twice."""
    before = {row.what: row for row in first.findings.rows}
    rows = [
        max(row, before.get(row.what, row), key=lambda each: each.share)
        for row in second.findings.rows
    ]
    return replace(second, findings=replace(second.findings, rows=rows))


def conclude(measured: list[Entry], *, quick: bool) -> None:
    """Say what all of it came to."""
    rows = [row for entry in measured for row in entry.findings.rows]
    print("", *summary.lines(rows, quick=quick), sep="\n", flush=True)


def attempt(name: str, *, quick: bool) -> Entry:
    """One suite; where it fails, the others go on."""
    print(f"\n== {name}\n{HEADS}", flush=True)
    at, state, load, began = now(), commit(), machine.busy(), time.monotonic()
    failed = ""
    try:
        findings = module(name).measure(quick=quick)
    except Exception as problem:  # noqa: BLE001 - told on the page, and by the exit code
        traceback.print_exc()
        findings, failed = Findings(), f"{type(problem).__name__}: {problem}"[:300]
    return Entry(findings, at, time.monotonic() - began, load, failed, state)


def module(name: str) -> ModuleType:
    """The module of a suite."""
    return importlib.import_module(SUITES[name])


if __name__ == "__main__":
    sys.exit(main())
