"""dispatch.exports.csv_table: CSV that any reader takes, and no spreadsheet executes."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.exports.csv_table import COLUMNS
from dispatch.exports.rows import key_of
from tests.unit.exporting import Row, exported, hostile_rows, row

FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def read(rows: list[Row]) -> list[dict[str, str]]:
    text = exported("csv", rows).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_columns_are_fixed() -> None:
    """A header, then every field of a row in the same place; lines end as RFC 4180 says."""
    extra = {"cpe": ["a,b"]}
    full = row("10.0.0.1", 22, banner='say "hi", twice', observedAt="2026-01-31", extra=extra)

    assert exported("csv", [full]).decode().split("\r\n") == [
        (
            "host,name,port,protocol,state,service,product,version,banner,observedAt,extra,"
            "jobId,scannerId,attempt,late"
        ),
        (
            '10.0.0.1,,22,tcp,open,,,,"say ""hi"", twice",2026-01-31,'
            '"{""cpe"": [""a,b""]}",4,2,1,false'
        ),
        "",
    ]


@given(st.lists(hostile_rows))
def test_what_was_found_comes_back(rows: list[Row]) -> None:
    """Every text as it was, but for the apostrophe before what would be a formula."""
    newest = {key_of(each): each for each in rows}
    found = read(rows)

    assert len(found) == len(newest)
    for cells, kept in zip(found, (newest[key] for key in sorted(newest)), strict=True):
        assert tuple(cells) == COLUMNS
        for column in ("name", "service", "product", "version", "banner"):
            text = kept.get(column, "")
            assert cells[column] == (f"'{text}" if text.startswith(FORMULA) else text)
        assert json.loads(cells["extra"] or "null") == kept.get("extra")


@pytest.mark.parametrize("sign", FORMULA)
def test_formulas_are_defused(sign: str) -> None:
    """A hostile host's banner is text in a spreadsheet, and so is a name."""
    [cells] = read([row("10.0.0.1", 22, banner=f"{sign}HYPERLINK(1)", name=f"{sign}x")])

    assert cells["banner"] == f"'{sign}HYPERLINK(1)"
    assert cells["name"] == f"'{sign}x"
