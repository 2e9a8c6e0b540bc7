"""dispatch.exports: which rows are in an export, in which order, at what cost."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.exports import FORMS, export
from dispatch.exports.chunks import BYTES_A_CHUNK, chunked
from dispatch.exports.rows import key_of
from tests.unit.exporting import SCAN, Row, exported, exported_rows, hostile_rows, row

ROOT = Path(__file__).parent.parent.parent
BOUND_MB = 20
MANY_ROWS = """
from pathlib import Path
from dispatch.exports import FORMS, export
from tests.unit.exporting import SCAN, row

def peak_mb():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

# Each number below 200,000 once, in an order of a full-period generator, then every tenth again.
def numbers():
    number = 1
    for _ in range(2**18):
        number = (number * 5 + 12345) % 2**18
        if number < 200_000:
            yield number
    yield from range(0, 200_000, 10)

rows = (row(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", 22, banner="x" * 100) for n in numbers())
base = peak_mb()
lines = sum(chunk.count(b"\\n") for chunk in export(rows, FORMS["jsonl"], SCAN))
print(lines, peak_mb() - base)
"""


def test_rows_are_sorted_by_address_port_and_protocol() -> None:
    """By number, IPv4 before IPv6; what is said of a whole host comes before its ports."""
    in_order = [
        row("9.0.0.1", 443),
        row("10.0.0.2", state="up"),
        row("10.0.0.2", 22),
        row("10.0.0.2", 53),
        {**row("10.0.0.2", 53), "protocol": "udp"},
        row("10.0.0.2", 8080),
        row("10.0.0.10", 22),
        row("2001:db8::2", 22),
        row("2001:db8::10", 22),
        row("fe80::1", 22),
    ]

    assert exported_rows(reversed(in_order)) == in_order


@given(st.ip_addresses(), st.ip_addresses())
def test_keys_sort_as_addresses_do(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    """Whatever the addresses."""
    assert (one.version, int(one)) <= (other.version, int(other)) or (
        key_of(row(str(one))) > key_of(row(str(other)))
    )


def test_the_last_row_of_a_port_is_kept() -> None:
    """Whatever its attempt or name, and even if it came late."""
    first = row("10.0.0.1", 22, banner="old")
    other = row("10.0.0.1", 80)
    last = {**first, "state": "closed", "name": "a.example", "late": True, "attempt": 1}

    assert exported_rows([{**first, "attempt": 9}, other, last]) == [last, other]


def test_a_port_without_a_protocol_is_one_of_tcp() -> None:
    """So that it is no port of its own."""
    plain = {"host": "10.0.0.1", "port": 22, "state": "closed"}

    assert exported_rows([row("10.0.0.1", 22), plain]) == [plain]


@given(st.lists(hostile_rows))
def test_rows_are_in_jsonl_as_they_were_kept(rows: list[Row]) -> None:
    """Whatever is in them, each is one line."""
    newest = {key_of(each): each for each in rows}

    assert exported_rows(rows) == [newest[key] for key in sorted(newest)]


@pytest.mark.parametrize(("form", "lines"), [("jsonl", 0), ("csv", 1), ("nmap-xml", 9)])
def test_an_export_of_nothing_is_a_whole_file(form: str, lines: int) -> None:
    """With what is around the rows."""
    assert exported(form, []).count(b"\n") == lines


def test_chunks_are_worth_a_call() -> None:
    """Neither a call for every row, nor all at once."""
    texts = [b"x" * 1000] * 100
    chunks = list(chunked(texts))

    assert b"".join(chunks) == b"".join(texts)
    assert all(BYTES_A_CHUNK <= len(chunk) < BYTES_A_CHUNK + 1000 for chunk in chunks[:-1])


def test_nothing_is_sent_before_all_rows_are_read() -> None:
    """What goes wrong with the store is raised before the first byte, so it has a status."""

    def rows() -> Iterator[Row]:
        yield row("10.0.0.1", 22)
        raise ConnectionError

    chunks = export(rows(), FORMS["csv"], SCAN)
    with pytest.raises(ConnectionError):
        next(chunks)


def test_memory_is_bounded() -> None:
    """Two hundred thousand shuffled rows and repeats of them, some 60 MB, in a third of that."""
    answer = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", MANY_ROWS], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    lines, above_base_mb = answer.split()

    assert lines == "200000"
    assert float(above_base_mb) < BOUND_MB
