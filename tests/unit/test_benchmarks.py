"""What a run of the benchmarks says, keeps and writes; nothing is measured here."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import record, report
from benchmarks.record import Entry, Record
from benchmarks.rounds import Rates
from benchmarks.rows import AT_MOST, Findings, Row, ratio

DOCS = record.ROOT / "docs"
GOOD = ratio("good / other", 1.2, 1.0, "12 and 10")
LOW = ratio("low / other", 0.95, 1.0, "95 and 100")
TOO_LOW = ratio("too low / other", 0.8, 1.0, "8 and 10")
SLOW = Row("slow", 50.0, AT_MOST, 25.0, "ms")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own, and nothing that draws."""
    monkeypatch.setattr(record, "FILE", tmp_path / "kept" / "measured.json")
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(report, "PLOTTER", tmp_path / "none")


@pytest.fixture
def suites(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Row] | Exception]:
    """Two suites, and what they find; a test may change it."""
    found: dict[str, list[Row] | Exception] = {"one": [GOOD], "two": [LOW, SLOW]}

    def module(name: str) -> SimpleNamespace:
        def measure(*, quick: bool) -> Findings:
            del quick
            rows = found[name]
            if isinstance(rows, Exception):
                raise rows
            return Findings(rows=list(rows))

        return SimpleNamespace(measure=measure, __doc__=f"What {name} is.", __name__=name)

    monkeypatch.setattr(benchmarks, "SUITES", dict.fromkeys(found, ""))
    monkeypatch.setattr(benchmarks, "QUICK", tuple(found))
    monkeypatch.setattr(benchmarks, "module", module)
    return found


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["benchmarks", *words])
    return benchmarks.main()


@pytest.mark.usefixtures("suites")
def test_a_full_run_writes_the_page_and_passes_with_rows_that_are_not_met(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All suites: the page has all rows, and what is not met is said."""
    code = run(monkeypatch)

    assert code == 0
    assert "1 of 3 are met." in report.PAGE.read_text(encoding="utf-8")
    assert "1 of 3 met; the lowest at 0.5 of its reach" in capsys.readouterr().out


@pytest.mark.usefixtures("suites")
def test_a_named_suite_is_printed_and_kept_but_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a fresh clone there is nothing else that the page could be made of."""
    report.PAGE.write_text("as it was", encoding="utf-8")

    code = run(monkeypatch, "one")

    assert code == 0
    assert report.PAGE.read_text(encoding="utf-8") == "as it was"
    assert list(Record.read().entries) == ["one"]
    assert "1 of 1 met; the lowest at 1.20 of its reach" in capsys.readouterr().out


@pytest.mark.usefixtures("suites")
def test_a_named_suite_is_written_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """From all that is kept, and the page says what is missing."""
    run(monkeypatch, "two")

    run(monkeypatch, "--write", "two")

    page = report.PAGE.read_text(encoding="utf-8")
    assert "0 of 2 are met." in page
    assert "Not measured: `one`" in page


def test_a_page_is_not_written_from_a_run_in_which_a_suite_failed(
    monkeypatch: pytest.MonkeyPatch,
    suites: dict[str, list[Row] | Exception],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The run fails, and says what was not measured."""
    suites["two"] = RuntimeError("no such program")

    code = run(monkeypatch)

    assert code == 1
    assert not report.PAGE.exists()
    assert "not measured: two, RuntimeError: no such program" in capfd.readouterr().out


@pytest.mark.usefixtures("suites")
def test_a_quick_run_passes_what_is_nearly_met_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ratio at 0.95 of its reach passes; a time is not judged."""
    code = run(monkeypatch, "--quick")

    said = capsys.readouterr().out
    assert code == 0
    assert not record.FILE.exists()
    assert "low / other: 0.95 of its reach, which passes: at least 0.9 is asked" in said
    assert "slow: 0.5 of its reach, which a quick run does not judge" in said


def test_a_quick_run_fails_where_a_ratio_is_too_low_twice(
    monkeypatch: pytest.MonkeyPatch,
    suites: dict[str, list[Row] | Exception],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Below nine tenths of its reach."""
    suites["one"] = [TOO_LOW]

    code = run(monkeypatch, "--quick")

    assert code == 1
    assert "too low / other: 0.8 of its reach, which FAILS" in capsys.readouterr().out


def test_the_better_of_two_measurements_counts() -> None:
    """A ratio that is too low in one of them does not fail."""

    def entry(*rows: Row) -> Entry:
        return Entry(Findings(rows=list(rows)), "now", 1.0, "0.10")

    other = replace(GOOD, what="another", value=0.5)

    both = benchmarks.better(entry(replace(GOOD, value=0.5), other), entry(GOOD, other))

    assert both.findings.rows == [GOOD, other]


def test_the_page_says_which_commit_each_suite_was_measured_at(
    monkeypatch: pytest.MonkeyPatch, suites: dict[str, list[Row] | Exception]
) -> None:
    """One commit in a sentence; several, or files that were changed, are told apart."""
    monkeypatch.setattr(benchmarks, "commit", lambda: "aaa1111")
    run(monkeypatch)
    whole = report.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(benchmarks, "commit", lambda: "bbb2222+")
    run(monkeypatch, "--write", next(iter(suites)))
    mixed = report.PAGE.read_text(encoding="utf-8")

    assert "Everything was measured at `aaa1111`." in whole
    assert "**Not everything was measured at one commit**: at `bbb2222+`: one; " in mixed
    assert "at `aaa1111`: two. A `+`: files differed from that commit." in mixed


def test_what_was_kept_before_commits_were_noted_is_read(
    monkeypatch: pytest.MonkeyPatch, suites: dict[str, list[Row] | Exception]
) -> None:
    """And the page says that they were not."""
    monkeypatch.setattr(benchmarks, "commit", lambda: "aaa1111")
    run(monkeypatch, *suites)
    record.FILE.write_text(
        record.FILE.read_text(encoding="utf-8").replace(',\n   "commit": "aaa1111"', ""),
        encoding="utf-8",
    )

    report.write(Record.read(), {name: benchmarks.module(name) for name in suites})

    page = report.PAGE.read_text(encoding="utf-8")
    assert "Everything was measured at a commit that was not noted." in page


def test_what_was_kept_in_another_form_counts_as_nothing(
    monkeypatch: pytest.MonkeyPatch, suites: dict[str, list[Row] | Exception]
) -> None:
    """So nobody has to find and delete the file of an older version."""
    run(monkeypatch, *suites)
    record.FILE.write_text(
        record.FILE.read_text(encoding="utf-8").replace('"is_ratio"', '"is_a_ratio"'),
        encoding="utf-8",
    )

    assert Record.read().entries == {}


def test_the_commit_is_marked_where_code_differs_from_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A '+' for code; none for pages, which a run writes; nothing without git."""
    monkeypatch.setattr(record, "ROOT", tmp_path)
    without = record.commit()
    (tmp_path / "docs").mkdir()
    for name in ("code", "docs/page"):
        (tmp_path / name).write_text("as it was", encoding="utf-8")
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "All")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S603, S607
    clean = record.commit()
    (tmp_path / "docs" / "page").write_text("written", encoding="utf-8")
    written = record.commit()
    (tmp_path / "code").write_text("changed", encoding="utf-8")

    assert without == ""
    assert clean
    assert written == clean
    assert record.commit() == f"{clean}+"


def test_a_row_that_is_not_met_has_its_reason_on_the_page(
    monkeypatch: pytest.MonkeyPatch, suites: dict[str, list[Row] | Exception]
) -> None:
    """The suite's own, or that it has none."""
    run(monkeypatch, *suites)
    modules = {name: benchmarks.module(name) for name in suites}
    modules["two"].REASONS = {LOW.what: "It does more."}

    report.write(Record.read(), modules)

    page = report.PAGE.read_text(encoding="utf-8")
    assert f"Not met: **{LOW.what}**, at 0.95 of its reach. It does more.\n" in page
    assert f"Not met: **{SLOW.what}**, at 0.5 of its reach. {report.NO_REASON}\n" in page
    assert f"Not met: **{GOOD.what}**" not in page


@pytest.mark.parametrize("name", benchmarks.SUITES)
def test_what_a_suite_says_of_itself_is_for_the_page(name: str) -> None:
    """No usage, no exit codes; links lead to pages that are there."""
    module = benchmarks.module(name)
    reasons = "\n".join(getattr(module, "REASONS", {}).values())
    text = f"{inspect.getdoc(module)}\n{reasons}"

    assert not re.findall(r"usage:|python -m|[Ee]xits? with", text)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (DOCS / link).is_file()


def test_reasons_are_of_rows_that_there_are() -> None:
    """A reason under another name would never be shown."""
    lives = importlib.import_module("benchmarks.suites.lives")
    sides = (lives.SYNC, lives.CONSTANT, lives.BULLMQ, lives.PLAIN, lives.CELERY, lives.RQ)
    rates = Rates({side: [1.0] for side in sides})

    assert lives.REASONS.keys() <= {row.what for row in lives.judged(rates)}
