"""The blueprint of hot calls: those made so often that every microsecond of theirs counts.

Its views are declared as all others are, and documented from that. But a request is read by a
checker compiled from the schema, and a view answers in the form of the wire. Whatever a checker
refuses, and any request that is unusual, is read as elsewhere, which finds the words of a refusal.
"""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request
from marshmallow import ValidationError

from web.blueprints import Blueprint, Decorator
from web.bodies import JSON, parse
from web.checkers import compiled

QUERIES_REMEMBERED = 256

Loaded = dict[str, Any]
View = Callable[..., Any]

_LENGTH = re.compile(r"[0-9]{1,18}")
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Unusual(Exception):
    """A request that only Werkzeug and webargs are to read."""


class HotBlueprint(Blueprint):
    """Views take what was read as elsewhere, and return what `answer` makes."""

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Read the body (or location="query") by this schema's checker, else as elsewhere."""
        patient = super().arguments(schema, **options)
        from_query = options.get("location") == "query"

        def decorate(view: View) -> Any:
            read = self._remembered(schema) if from_query else _body_reader(schema)
            return _quickly(read, view, patient(view))

        return decorate

    def doc(self, **says: Any) -> Decorator:
        """Say this of a view in the OpenAPI document."""
        return _only_documenting(super().doc(**says))

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        """Say in the OpenAPI document what a view answers."""
        return _only_documenting(super().response(status_code, schema, **options))

    def _with_default(self, view: View, location: str) -> Any:
        patient = super()._with_default(view, location)

        @functools.wraps(view)
        def without(**names: Any) -> Any:
            plain = location == "query" and not request.environ.get("QUERY_STRING")
            return (view if plain else patient)(**names)

        return without

    def _remembered(self, schema: Any) -> Callable[[], Loaded]:
        """Scanners ask with few different queries; what each was read as is kept."""

        @functools.lru_cache(maxsize=QUERIES_REMEMBERED)
        def read(_: str) -> Loaded:
            loaded: Loaded = self.ARGUMENTS_PARSER.parse(schema, location="query")
            return loaded

        return lambda: read(request.environ.get("QUERY_STRING", ""))


def answer(body: Loaded, *, retry_after_seconds: int | None = None) -> Response:
    """A 200 with this body, as it is on the wire."""
    response = Response(_encode(body), content_type=JSON)
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _only_documenting(decorator: Decorator) -> Decorator:
    """What the decorator writes down of a view, on the view itself."""

    def decorate(view: Any) -> Any:
        view._apidoc = decorator(view)._apidoc  # noqa: SLF001 - flask-smorest's place for it
        return view

    return decorate


def _quickly(read: Callable[[], Loaded], view: View, patient: View) -> View:
    """The view, given what was read; where that fails, the view as flask-smorest would run it."""

    @functools.wraps(patient)
    def run(**names: Any) -> Any:
        try:
            loaded = read()
        except (ValidationError, Unusual):
            return patient(**names)
        return view(loaded, **names)

    return run


def _body_reader(schema: Any) -> Callable[[], Loaded]:
    check = compiled(schema)

    def read() -> Loaded:
        body = _take(request.environ)
        try:
            loaded: Loaded = check(parse(body) if body else {})
        except ValidationError:
            request.environ["wsgi.input"] = io.BytesIO(body)  # to be read once more
            raise
        return loaded

    return read


def _take(environ: dict[str, Any]) -> bytes:
    """The whole body, of a length that was announced. Raises Unusual where the view is to look."""
    announced = environ.get("CONTENT_LENGTH") or "0"
    if announced == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    if environ.get("CONTENT_TYPE") != JSON or _LENGTH.fullmatch(announced) is None:
        raise Unusual
    length = int(announced)
    if "HTTP_TRANSFER_ENCODING" in environ or length > current_app.config["MAX_CONTENT_LENGTH"]:
        raise Unusual
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        environ["wsgi.input"] = io.BytesIO(body)
        raise Unusual
    return body
