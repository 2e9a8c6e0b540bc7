"""Errors as RFC 9457 problem documents: one handler, one payload."""

from __future__ import annotations

import http
from typing import Any

import redis
import structlog
from flask import Flask, Response, json
from werkzeug.exceptions import HTTPException

from domain.errors import DispatchError, Invalid

STORE_RETRY_SECONDS = 2
CONTENT_TYPE = "application/problem+json"

log = structlog.get_logger()

_CODES = {
    400: "MALFORMED_BODY",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_ERROR",
    429: "TOO_MANY_ATTEMPTS",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool = False,
    errors: dict[str, Any] | None = None,
    retry_after_seconds: int | None = None,
) -> Response:
    """One problem document. errors: field path -> list of sentences."""
    title = http.HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    body |= {"detail": detail, "code": code, "retryable": retryable}
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body), status, content_type=CONTENT_TYPE)
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def flatten(errors: Any, path: str = "") -> dict[str, list[str]]:
    """Marshmallow's nested messages as field path -> sentences, such as results.0.host."""
    if isinstance(errors, dict):
        flat: dict[str, list[str]] = {}
        for name, below in errors.items():
            step = "" if name == "_schema" else str(name)
            flat |= flatten(below, ".".join(part for part in (path, step) if part))
        return flat
    return {path or "body": [str(e) for e in (errors if isinstance(errors, list) else [errors])]}


def _refused(error: DispatchError) -> Response:
    return problem(
        error.status,
        error.code,
        error.detail,
        retryable=error.retryable,
        errors=error.errors if isinstance(error, Invalid) else None,
        retry_after_seconds=error.retry_after_seconds,
    )


def _by_werkzeug(error: HTTPException) -> Response:
    status = error.code or 500
    if status < http.HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]  # a redirect is no problem
    data = getattr(error, "data", None) or {}
    if "messages" in data:
        fields: dict[str, list[str]] = {}
        for location in data["messages"].values():
            fields |= flatten(location)
        detail = "; ".join(f"{name}: {said[0]}" for name, said in list(fields.items())[:3])
        return problem(status, _CODES[status], detail[:500], errors=fields)
    code = _CODES.get(status) or http.HTTPStatus(status).name
    response = problem(status, code, error.description or "")
    for name, value in error.get_headers():
        if name in {"Allow", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _store_away(error: redis.RedisError) -> Response:
    log.warning("store-away", action="store-away", error=str(error))
    return problem(
        503,
        "STORE_UNAVAILABLE",
        "The store does not answer now; nothing is lost, try again.",
        retryable=True,
        retry_after_seconds=STORE_RETRY_SECONDS,
    )


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen", action="unforeseen-error", exc_info=error)
    return problem(500, "INTERNAL_ERROR", "This should not have happened; the log says more.")


def register_problems(app: Flask) -> None:
    """Every error of the app leaves it as a problem document."""
    app.register_error_handler(DispatchError, _refused)
    app.register_error_handler(HTTPException, _by_werkzeug)
    away = (
        redis.ConnectionError,
        redis.TimeoutError,
        redis.exceptions.ReadOnlyError,
        redis.exceptions.OutOfMemoryError,
        redis.exceptions.MaxConnectionsError,
    )
    for kind in away:
        app.register_error_handler(kind, _store_away)
    app.register_error_handler(Exception, _unforeseen)
