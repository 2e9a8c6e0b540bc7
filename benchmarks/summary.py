"""What a run came to, in the lines that it ends with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.rows import NEARLY, Row, number

RULE = f"""\
NOT MET is below its reach. A quick run fails where a ratio is below {NEARLY} of its reach in two
measurements, and judges nothing else; a full run only says what is not met."""


def lines(rows: Sequence[Row], *, quick: bool) -> Iterator[str]:
    """How many rows are met, which are not, and by which rule that fails."""
    if not rows:
        yield "Nothing was measured."
        return
    met, lowest = sum(row.met for row in rows), min(row.share for row in rows)
    yield f"{met} of {len(rows)} met; the lowest at {number(lowest)} of its reach"
    for row in rows:
        if not row.met:
            yield f"  NOT MET: {row.what}: {number(row.share)} of its reach{_so(row, quick=quick)}"
    yield RULE


def _so(row: Row, *, quick: bool) -> str:
    """What a quick run makes of a row that is not met."""
    if not quick:
        return ""
    if not row.is_ratio:
        return ", which a quick run does not judge"
    verb = "FAILS" if row.fails_quick else "passes"
    return f", which {verb}: at least {NEARLY} is asked of a quick run"
