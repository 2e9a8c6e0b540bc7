"""Reads what hot calls send, without Flask, where nothing about it is unusual."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Request
from webargs.flaskparser import FlaskParser

from web.bodies import JSON, parse
from web.checkers import compiled

QUERIES_REMEMBERED = 256

Environ = dict[str, Any]
Loaded = dict[str, Any]
Read = Callable[[Environ, int], Loaded]  # at most so many bytes; raises where Flask is to look

_LENGTH = re.compile(r"[0-9]{1,18}")


class Unusual(Exception):
    """A request that only Werkzeug and webargs are to read."""


def query_reader(schema: Any, parser: FlaskParser) -> Read:
    """Reads a query by this schema. Scanners ask with few different ones; each is read once."""
    made = schema()

    @lru_cache(maxsize=QUERIES_REMEMBERED)
    def read(query: str) -> Loaded:
        asked = Request({"QUERY_STRING": query}, populate_request=False)
        loaded: Loaded = parser.parse(made, asked, location="query")
        return loaded

    return lambda environ, _: read(environ.get("QUERY_STRING", "")).copy()


def body_reader(schema: Any) -> Read:
    """Reads a body by the checker of this schema."""
    check = compiled(schema)

    def read(environ: Environ, most_bytes: int) -> Loaded:
        if environ.get("QUERY_STRING"):
            raise Unusual
        body = _take(environ, most_bytes)
        try:
            loaded: Loaded = check(parse(body) if body else {})
        except Exception:
            environ["wsgi.input"] = io.BytesIO(body)  # to be read once more
            raise
        return loaded

    return read


def _take(environ: Environ, most_bytes: int) -> bytes:
    """The whole body, of a length that was announced. Raises Unusual where Flask is to look."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    if announced == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    if environ.get("CONTENT_TYPE") != JSON or _LENGTH.fullmatch(announced) is None:
        raise Unusual
    length = int(announced)
    if "HTTP_TRANSFER_ENCODING" in environ or length > most_bytes:
        raise Unusual
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        environ["wsgi.input"] = io.BytesIO(body)
        raise Unusual
    return body
