"""Runs the measurements: all of them or those named, and writes docs/performance.md from them.

    python -m benchmarks [--quick] [SUITE …]

A quick run measures less, writes nothing, and exits with 1 where a ratio is twice below nine tenths
of its reach, or of what it has come to where that is less. Times that no second side stands beside
are not judged: the machine may be busy.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from types import ModuleType

from benchmarks import machine, report
from benchmarks.record import Entry, Record, now
from benchmarks.rows import Findings

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
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    options = parser.parse_args()
    if unknown := set(options.suites) - SUITES.keys():
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")
    if options.quick:
        return quick(options.suites or list(QUICK))
    return full(options.suites or list(SUITES))


def full(names: list[str]) -> int:
    """Measure, and write the page; 1 where something could not be measured."""
    record = Record.read()
    for name in names:
        record.entries[name] = entry = attempt(name, quick=False)
        record.versions |= entry.findings.versions
        record.write()
    record.entries = {name: record.entries[name] for name in SUITES if name in record.entries}
    report.write(record, {name: module(name) for name in SUITES})
    return int(any(record.entries[name].failed for name in names))


def quick(names: list[str]) -> int:
    """Measure, and say which ratios are too low; 1 where one is, and once more."""
    failed = False
    for name in names:
        entry = attempt(name, quick=True)
        low = _too_low(entry)
        if low or entry.failed:
            print(f"\n{name} is measured once more", flush=True)
            entry = attempt(name, quick=True)
            low &= _too_low(entry)
        for what in sorted(low):
            print(f"too low, twice: {what}", flush=True)
        failed = failed or bool(low) or bool(entry.failed)
    return int(failed)


def _too_low(entry: Entry) -> set[str]:
    return {row.what for row in entry.findings.rows if row.fails_quick}


def attempt(name: str, *, quick: bool) -> Entry:
    """One suite; where it fails, the others go on."""
    print(f"\n== {name}", flush=True)
    at, load, began = now(), machine.busy(), time.monotonic()
    failed = ""
    try:
        findings = module(name).measure(quick=quick)
    except Exception as problem:  # noqa: BLE001 - told on the page, and by the exit code
        traceback.print_exc()
        findings, failed = Findings(), f"{type(problem).__name__}: {problem}"[:300]
    return Entry(findings, at, time.monotonic() - began, load, failed)


def module(name: str) -> ModuleType:
    """The module of a suite."""
    return importlib.import_module(SUITES[name])


if __name__ == "__main__":
    sys.exit(main())
