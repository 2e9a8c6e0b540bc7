"""Ordinary requests: those of hot calls, in the one form that nearly all clients give them.

What is read here is a small part of HTTP, on purpose: no continuations, repeated fields, encodings
or upgrades, no byte beyond ASCII, nothing to be unquoted. All else is gunicorn's, which takes far
longer to read a request.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

MOST_HEAD_BYTES = 4094  # as gunicorn's lines
MOST_FIELDS = 32
MOST_BODY_BYTES = 256 * 1024
NAMES_REMEMBERED = 256

Environ = dict[str, Any]

_FIRST = re.compile(r"(GET|POST) ((/[A-Za-z0-9/_-]*)(?:\?([A-Za-z0-9=&_-]*))?) HTTP/1\.1", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,7}", re.ASCII)
_NOT_ORDINARY = {"EXPECT", "HTTP2-SETTINGS", "TRANSFER-ENCODING", "UPGRADE"}
_STAYS = "keep-alive"  # all that an ordinary request says of its connection, if anything


class Head(NamedTuple):
    """What a request says before its body: as WSGI names it, and where in the bytes its body is."""

    environ: Environ
    begin: int
    end: int


class Heads:
    """Reads the heads of one connection, whose client says most of them again and again."""

    def __init__(self, below: str) -> None:
        self._below = below
        self._last: Head | None = None
        self._bytes = b""

    def of(self, data: bytes) -> Head | None:
        """As `head_of`; the very one that it was before, where its bytes are the same."""
        if self._last is None or not data.startswith(self._bytes):
            self._last = head_of(data, self._below)
            self._bytes = data[: self._last.begin] if self._last else b""
        return self._last


def head_of(data: bytes, below: str) -> Head | None:
    """The head of an ordinary request for a path that begins so, or None for any other bytes."""
    begin = data.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES) + 4
    head = data[: begin - 4]
    if begin < len(b"\r\n\r\n") or not head.isascii():
        return None
    first, *lines = head.decode("ascii").split("\r\n")
    asked = _FIRST.fullmatch(first)
    if asked is None or not asked[3].startswith(below):
        return None
    environ = _fields(lines)
    if environ is None or "HTTP_HOST" not in environ:
        return None
    if environ.get("HTTP_CONNECTION", _STAYS) != _STAYS:
        return None
    length = environ.get("CONTENT_LENGTH", "0")
    if not _LENGTH.fullmatch(length) or int(length) > MOST_BODY_BYTES:
        return None
    method, uri, path, query = asked.groups()
    environ |= {"REQUEST_METHOD": method, "RAW_URI": uri, "PATH_INFO": path}
    environ["QUERY_STRING"] = query or ""
    return Head(environ, begin, begin + int(length))


def _fields(lines: list[str]) -> Environ | None:
    """Header fields as WSGI names them; None where one of them is not ordinary."""
    found: Environ = {}
    for line in lines:
        name, colon, value = line.partition(":")
        key = _key_of(name)
        if not key or not colon or key in found or not value.isprintable():
            return None
        found[key] = value.strip(" ")
    return found if len(lines) <= MOST_FIELDS else None


@lru_cache(maxsize=NAMES_REMEMBERED)
def _key_of(name: str) -> str:
    """A field's name as WSGI has it; '' for one that is not ordinary."""
    upper = name.upper()
    if upper in _NOT_ORDINARY or not _NAME.fullmatch(name):
        return ""
    key = upper.replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
