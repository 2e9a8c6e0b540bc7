"""web.bodies: what is looked for only where it can be is found there."""

from __future__ import annotations

from typing import Any

import pytest

from web.bodies import MAX_DEPTH, MAX_INTEGER, MalformedBody, parse


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
