"""Reads request bodies: JSON, strictly, and nothing in it that could upset what comes after."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from json.encoder import encode_basestring_ascii
from typing import Any, NoReturn

from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from web import plain_json

JSON = "application/json"
text_of = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make one each time
quoted = encode_basestring_ascii  # what text_of makes of a string
MAX_DEPTH = plain_json.MAX_DEPTH
MAX_INTEGER = 2**63 - 1


class MalformedBody(BadRequest):
    """The body is not JSON that we take."""


class StrictParser(FlaskParser):
    """No body counts as {}; any body needs application/json; unknown fields are refused."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query"), "raise")

    def load_json(self, req: Request, schema: Any) -> Any:  # noqa: ARG002 - webargs calls it so
        """The parsed body. Raises UnsupportedMediaType, MalformedBody or RequestEntityTooLarge."""
        body = _read(req)
        if not body:
            return {}
        if req.mimetype != JSON:
            raise UnsupportedMediaType("Send the body as application/json.")
        return parse(body)


def _read(req: Request) -> bytes:
    """The whole body. Werkzeug cuts off silently at its limit what comes in chunks, so look on."""
    limit = req.max_content_length
    if limit is None:
        return req.get_data(cache=False)
    req.max_content_length = limit + 1
    body = req.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


def parse(body: bytes) -> Any:
    """JSON of bounded depth and numbers, without lone surrogates. Raises MalformedBody."""
    value = plain_json.read(body)
    return strictly(body) if value is None else value


def strictly(body: bytes) -> Any:
    """The same, with a look at everything that may be refused."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        if rb"\u" in body or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
            _check([value], MAX_DEPTH + 1)
    except RecursionError:
        raise MalformedBody(f"The body is nested more than {MAX_DEPTH} deep.") from None
    except ValueError as problem:
        raise MalformedBody(f"The body is no JSON in UTF-8: {str(problem)[:200]}") from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is no JSON number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise MalformedBody("An object in the body has a name twice; which one was meant?")
    return value


def _integer(digits: str) -> int:
    value = int(digits)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise MalformedBody("An integer in the body has more than 63 bits.")
    return value


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise MalformedBody("A number in the body is too large.")
    return value


_DECODER = json.JSONDecoder(
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_number,
    object_pairs_hook=_object,
)


def _check(container: dict[str, Any] | list[Any], depth: int) -> None:
    """Look at all that is in it, up to `depth` levels."""
    if container and depth < 1:
        raise MalformedBody(f"The body is nested more than {MAX_DEPTH} deep.")
    values: Iterable[Any] = container
    if isinstance(container, dict):
        for name in container:
            name.isascii() or name.encode()  # which a lone surrogate cannot be
        values = container.values()
    for value in values:
        kind = type(value)
        if kind is str:
            value.isascii() or value.encode()
        elif kind is dict or kind is list:
            _check(value, depth - 1)
