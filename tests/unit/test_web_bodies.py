"""web.bodies: what is looked for only where it can be is found there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from web import plain_json
from web.bodies import MAX_DEPTH, MAX_INTEGER, MalformedBody, parse, quoted, strictly, text_of


def nested(depth: int, inner: str = "1") -> bytes:
    return ("[" * depth + inner + "]" * depth).encode()


TAKEN: list[tuple[bytes, Any]] = [
    (b'{"a": %d, "b": -%d}' % (MAX_INTEGER, MAX_INTEGER), {"a": MAX_INTEGER, "b": -MAX_INTEGER}),
    (b"[1.5, -0.0, 1e3]", [1.5, -0.0, 1000.0]),
    (b'"\\ud83d\\ude00"', "\U0001f600"),
    (b"[" + b"[]," * 99 + b"[]]", [[]] * 100),
    (b'"' + b"[{" * 100 + b'"', "[{" * 100),
]


@pytest.mark.parametrize(("body", "value"), TAKEN)
def test_what_is_within_bounds_is_taken(body: bytes, value: Any) -> None:
    """Large numbers, escapes, and many brackets that are not deep."""
    assert parse(body) == value


@pytest.mark.parametrize("depth", [1, MAX_DEPTH - 1, MAX_DEPTH])
def test_so_deep_and_no_deeper(depth: int) -> None:
    """The limit is where it says."""
    parse(nested(depth))
    with pytest.raises(MalformedBody):
        parse(nested(MAX_DEPTH + 1))


REFUSED = [
    b"[%d]" % (MAX_INTEGER + 1),
    b"[-%d]" % (MAX_INTEGER + 1),
    b"[1e400]",
    b"[-1e400]",
    b"[" + b"9" * 400 + b".0]",
    b'["\\ud800"]',
    b'{"\\uDFFF": 1}',
    b'{"a": {"b": ["\\ud800"]}}',
    b'{"a": 1, "a": 1}',
]


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_out_of_bounds_is_refused(body: bytes) -> None:
    """Wherever it is."""
    with pytest.raises(MalformedBody):
        parse(body)


ORDINARY = b'{"want": 10, "load": 0.5, "jobs": [{"jobId": 1, "state": "completed"}, {"jobId": 2}]}'
SPLICES = st.sampled_from([
    b'"', b":", b",", b"{", b"}", b"[", b"]", b"[" * 33, b"\\", b"\\ud800", b"\xff", b"\xc3\xa9",
    b'"want": 1, ', b'"a:b": ":", ', b'"n": {"a": 1, "a": 2}, ', b'": "', b"9" * 18, b"9" * 19,
    b"9" * 5000, b"-0", b"1e400", b"-1e-400", b"NaN", b"-Infinity", b"null", b"true", b" ", b"\n",
    b"\0",
])  # fmt: skip


def test_an_ordinary_body_is_read_the_short_way() -> None:
    """So that the comparison below is not all of the long one."""
    assert plain_json.read(ORDINARY) == json.loads(ORDINARY)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ORDINARY)), SPLICES, st.integers(0, 3)), max_size=3))
@example([(1, b'"want": 1, ', 0)])
@example([(1, b'"n": {"a": 1, "a": 2}, ', 0)])
@example([(9, b"9" * 19, 2)])
@example([(9, b"NaN", 2)])
@example([(9, b"1e400", 2)])
@example([(9, b"[" * 33 + b"]" * 33, 2)])
def test_the_short_way_reads_what_the_long_one_does(changes: list[tuple[int, bytes, int]]) -> None:
    """And refuses it with the same words: pieces put into a body, and bytes taken out of it."""
    body = ORDINARY
    for at, piece, gone in changes:
        body = body[:at] + piece + body[at + gone :]

    assert outcome(strictly, body) == outcome(parse, body)


def outcome(read: Callable[[bytes], Any], body: bytes) -> str:
    """What is read, or why nothing is."""
    try:
        return repr(read(body))
    except MalformedBody as error:
        return f"refused: {error.description}"


@given(st.text())
def test_a_quoted_text_is_its_json(text: str) -> None:
    """Whatever is in it."""
    assert quoted(text) == text_of(text)


def test_a_long_body_is_read_but_once() -> None:
    """Where the quick way would end in a refusal, it would have been for nothing."""
    body = b"[1%s]" % (b" " * plain_json.MOST_BYTES)

    assert plain_json.read(body) is None
    assert parse(body) == [1]
    assert plain_json.read(body[: plain_json.MOST_BYTES - 1] + b"]") == [1]
