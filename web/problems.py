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
MOST_ERRORS = 100
MOST_CHARACTERS = 500

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
_CHALLENGES = {"MISSING_TOKEN": "Bearer", "INVALID_TOKEN": "Bearer"}
_STORE_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ClusterError,
    redis.exceptions.TryAgainError,
)
# What a server's refusal begins with while it cannot serve.
_STORE_CANNOT = {"BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS"}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool = False,
    errors: dict[str, list[str]] | None = None,
    retry_after_seconds: int | None = None,
) -> Response:
    """One problem document. errors: field path -> list of sentences."""
    title = http.HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    body |= {"detail": detail[:MOST_CHARACTERS], "code": code, "retryable": retryable}
    if errors:
        body["errors"] = _bounded(errors)
    response = Response(json.dumps(body), status, content_type=CONTENT_TYPE)
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _bounded(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        path[:MOST_CHARACTERS]: [sentence[:MOST_CHARACTERS] for sentence in sentences]
        for path, sentences in list(errors.items())[:MOST_ERRORS]
    }


def refused(error: DispatchError) -> Response:
    """The document of an error of ours."""
    away = error.status == http.HTTPStatus.SERVICE_UNAVAILABLE
    response = problem(
        error.status,
        error.code,
        error.detail,
        retryable=error.retryable,
        errors=error.errors if isinstance(error, Invalid) else None,
        retry_after_seconds=error.retry_after_seconds or (STORE_RETRY_SECONDS if away else None),
    )
    if error.code in _CHALLENGES:
        response.headers["WWW-Authenticate"] = _CHALLENGES[error.code]
    return response


def refused_by_flask(error: HTTPException) -> Response:
    """The document of an error that Flask, Werkzeug or a schema found."""
    status = error.code or 500
    if status < http.HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]  # a redirect is no problem
    code = _CODES.get(status) or http.HTTPStatus(status).name
    if messages := getattr(error, "data", {}).get("messages"):
        fields = _flatten(messages)
        detail = "; ".join(f"{name}: {said[0]}" for name, said in list(fields.items())[:3])
        return problem(status, code, detail, errors=fields)
    response = problem(status, code, error.description or "")
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _flatten(messages: dict[str, Any]) -> dict[str, list[str]]:
    """Webargs' nested messages, by where they were found, as field path -> sentences."""
    fields: dict[str, list[str]] = {}
    for location in messages.values():
        fields |= _paths(location, "")
    return fields


def _paths(messages: Any, path: str) -> dict[str, list[str]]:
    if not isinstance(messages, dict):
        sentences = messages if isinstance(messages, list) else [messages]
        return {path or "body": [str(sentence) for sentence in sentences]}
    flat: dict[str, list[str]] = {}
    for name, below in messages.items():
        step = "" if name == "_schema" else str(name)
        flat |= _paths(below, ".".join(part for part in (path, step) if part))
    return flat


def _store_away(error: redis.RedisError) -> Response:
    log.warning("store-away", action="store-away", error=str(error))
    return problem(
        503,
        "STORE_UNAVAILABLE",
        "The store does not answer now; nothing is lost, try again.",
        retryable=True,
        retry_after_seconds=STORE_RETRY_SECONDS,
    )


def _store_refused(error: redis.ResponseError) -> Response:
    if str(error).partition(" ")[0] in _STORE_CANNOT:
        return _store_away(error)
    return _unforeseen(error)


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen", action="unforeseen-error", exc_info=error)
    return problem(500, "INTERNAL_ERROR", "This should not have happened; the log says more.")


def register_problems(app: Flask) -> None:
    """Every error of the app leaves it as a problem document."""
    app.register_error_handler(DispatchError, refused)
    app.register_error_handler(HTTPException, refused_by_flask)
    for kind in _STORE_AWAY:
        app.register_error_handler(kind, _store_away)
    app.register_error_handler(redis.ResponseError, _store_refused)
    app.register_error_handler(Exception, _unforeseen)
