"""Headers of every answer: nothing is kept by caches, framed by other pages, or guessed at."""

from __future__ import annotations

from flask import Flask, Response


def register_headers(app: Flask) -> None:
    """Add them to each answer that does not say otherwise."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    return response
