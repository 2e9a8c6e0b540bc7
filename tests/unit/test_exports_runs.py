"""dispatch.exports.runs: sorting more than memory holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.exports import runs
from dispatch.exports.runs import SortedRuns

PUT_IN = st.lists(st.tuples(st.sampled_from([b"a", b"aa", b"b", b"c1", b"c2"]), st.binary()))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Three rows a run, two runs a merge, so that few rows go through all levels."""
    monkeypatch.setattr(runs, "ROWS_A_RUN", 3)
    monkeypatch.setattr(runs, "RUNS_A_MERGE", 2)
    monkeypatch.setattr(runs, "BYTES_A_READ", 5)
    monkeypatch.setattr(runs.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def put(items: list[tuple[bytes, bytes]]) -> list[bytes]:
    with SortedRuns() as sorted_runs:
        for key, text in items:
            sorted_runs.add(key, text)
        return list(sorted_runs.newest())


@given(PUT_IN)
def test_the_newest_of_each_key_comes_out_in_order(items: list[tuple[bytes, bytes]]) -> None:
    """As a dictionary in memory would have it, whatever was put in."""
    texts = [(key, text.hex().encode()) for key, text in items]
    newest = dict(texts)

    assert [newest[key] for key in sorted(newest)] == put(texts)


def test_the_newest_wins_through_all_levels() -> None:
    """A key that is in every run comes out once, with what came last."""
    items = [(b"same", b"%d" % number) for number in range(100)]
    others = [(b"other%d" % number, b"") for number in range(100)]
    mixed = [item for pair in zip(items, others, strict=True) for item in pair]

    assert put(mixed)[-1] == b"99"
    assert len(put(mixed)) == 101


def test_texts_may_be_longer_than_a_read() -> None:
    """A line in many pieces is whole again."""
    assert put([(b"b", b"x" * 1000), (b"a", b"")]) == [b"", b"x" * 1000]


def test_long_rows_make_runs_of_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held in memory is bounded in bytes too."""
    monkeypatch.setattr(runs, "ROWS_A_RUN", 1000)
    monkeypatch.setattr(runs, "BYTES_A_RUN", 100)
    with SortedRuns() as sorted_runs:
        sorted_runs.add(b"a", b"x" * 99)
        assert sorted_runs._end == 0
        sorted_runs.add(b"b", b"x")

        assert sorted_runs._held == {}
        assert sorted_runs._end > 100


def test_nothing_has_a_name_on_disk(small: Path) -> None:
    """What is never named needs no removing, even when the process is killed."""
    with SortedRuns() as sorted_runs:
        for number in range(10):
            sorted_runs.add(b"%d" % number, b"text")

        assert list(small.iterdir()) == []
        assert sorted_runs._end > 0


def test_the_disk_is_given_back_at_the_end() -> None:
    """The only descriptor is closed."""
    with SortedRuns() as sorted_runs:
        descriptor = sorted_runs._file.fileno()
        assert os.fstat(descriptor).st_nlink == 0

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_file_that_was_cut_off_is_no_end() -> None:
    """Rather no export than a part of one."""
    with SortedRuns() as sorted_runs:
        for number in range(3):
            sorted_runs.add(b"%d" % number, b"text")
        os.truncate(sorted_runs._file.fileno(), 10)

        with pytest.raises(EOFError):
            list(sorted_runs.newest())
