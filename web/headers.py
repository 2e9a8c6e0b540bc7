"""Headers of every answer: nothing is kept by caches, framed by other pages, or guessed at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

_ALWAYS = (
    ("cache-control", ("Cache-Control", "no-store")),
    ("x-content-type-options", ("X-Content-Type-Options", "nosniff")),
    ("x-frame-options", ("X-Frame-Options", "DENY")),
)

Headers = list[tuple[str, str]]


def register_headers(app: Flask) -> None:
    """Add them to each answer that does not say otherwise, as it leaves the app."""
    app.wsgi_app = _WithHeaders(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's manual does


class _WithHeaders:
    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *more: Any) -> Callable[[bytes], object]:
            said = {name.lower() for name, _ in headers}
            added = [header for name, header in _ALWAYS if name not in said]
            return start_response(status, [*headers, *added], *more)

        return self._app(environ, start)
