"""Reads request bodies: JSON, strictly, and nothing in it that could upset what comes after."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MAX_DEPTH = 32
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
        if req.mimetype != "application/json":
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
    try:
        value = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_object
        )
        _check(value, MAX_DEPTH)
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


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise MalformedBody(f"The body is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, str):
        if not value.isascii():
            value.encode()
    elif isinstance(value, dict):
        for name, below in value.items():
            _check(name, depth)
            _check(below, depth - 1)
    elif isinstance(value, list):
        for below in value:
            _check(below, depth - 1)
    elif isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise MalformedBody("An integer in the body has more than 63 bits.")
    elif isinstance(value, float) and not math.isfinite(value):
        raise MalformedBody("A number in the body is too large.")
