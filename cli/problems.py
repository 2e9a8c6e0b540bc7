"""Turns an answer that is not a success into the error that a person should read."""

import json
from typing import Any

from urllib3 import BaseHTTPResponse

from cli.errors import CliError, IsThere, NotAllowed, NotFound, Refused, Unavailable

HTTP_OK_BELOW = 300
AUTHENTICATION = {401, 403, 429}
NOT_FOUND = 404
IS_THERE = "ALREADY_EXISTS"
SERVER_ERRORS_FROM = 500
BROWSED = 200  # characters of a foreign answer that are shown


def document(response: BaseHTTPResponse) -> dict[str, Any]:
    """Return the JSON object in a successful answer; raise the CliError that fits any other."""
    if response.status >= HTTP_OK_BELOW:
        raise error(response)
    said = _json(response)
    if not isinstance(said, dict):
        raise _foreign(response)
    return said


def error(response: BaseHTTPResponse) -> CliError:
    """Return the error for an answer that is no success: its sentences, and what to do next."""
    problem = _json(response)
    if not isinstance(problem, dict) or "code" not in problem:
        return _foreign(response)
    message = _sentences(problem)
    if response.status in AUTHENTICATION:
        return NotAllowed(message, hint=_token_hint(response))
    if response.status >= SERVER_ERRORS_FROM:
        return Unavailable(message, hint="try again in a moment; /readyz says what is missing")
    if problem["code"] == IS_THERE:
        return IsThere(message)
    return NotFound(message) if response.status == NOT_FOUND else Refused(message)


def _token_hint(response: BaseHTTPResponse) -> str:
    wait = response.headers.get("Retry-After")
    return f"wait {wait} s" if wait else "check --token, or SCANDISPATCH_TOKEN, or --data"


def _sentences(problem: dict[str, Any]) -> str:
    errors = problem.get("errors")
    if not isinstance(errors, dict):
        head = problem.get("detail") or problem.get("title") or "the server says no more"
        return f"{head} ({problem['code']})"
    lines = [f"the server does not accept this ({problem['code']})"]
    for field, sentences in errors.items():
        texts = sentences if isinstance(sentences, list) else [sentences]
        lines += [f"  {field}: {text}" for text in texts]
    return "\n".join(lines)


def _json(response: BaseHTTPResponse) -> object:
    try:
        said: object = json.loads(response.data)
    except ValueError:
        return None
    return said


def _foreign(response: BaseHTTPResponse) -> CliError:
    text = response.data[:BROWSED].decode("utf-8", "replace")
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return Unavailable(
        f"that answer ({response.status}) is not a Scan Dispatch server's: {shown or 'empty'}",
        hint="check --url, and what stands between here and the server",
    )
