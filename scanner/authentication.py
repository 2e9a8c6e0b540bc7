"""Finds out which scanner calls, before anything of its body is read."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request

from dispatch.credentials import Caller
from dispatch.wiring import Dispatch
from domain.errors import InvalidApiKey


def dispatch() -> Dispatch:
    """The use cases of this process."""
    return cast("Dispatch", current_app.extensions["dispatch"])


def caller() -> Caller:
    """The scanner that calls."""
    return cast("Caller", g.caller)


def client_address() -> str:
    """The socket's address, or the one that trusted proxies vouch for."""
    return request.remote_addr or "0.0.0.0"  # noqa: S104 - no address: a Unix socket


def authenticate() -> None:
    """Raise where the key is missing, wrong or disabled; failed attempts are counted."""
    try:
        g.caller = dispatch().credentials.check(request.headers.get("X-API-Key"))
    except InvalidApiKey:
        dispatch().tokens.count_failure(client_address())
        raise
