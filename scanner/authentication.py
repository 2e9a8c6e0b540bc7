"""Finds out which scanner calls, before anything of its body is read."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from dispatch.credentials import Caller
from dispatch.settings import Settings
from dispatch.wiring import Dispatch
from domain.errors import DispatchError, Invalid, InvalidApiKey, NotFound
from web.addresses import client_address
from web.blueprints import Blueprint
from web.problems import refused, refused_by_flask


def dispatch() -> Dispatch:
    """The use cases of this process."""
    return cast("Dispatch", current_app.extensions["dispatch"])


def caller() -> Caller:
    """The scanner that calls."""
    return cast("Caller", g.caller)


def settings() -> Settings:
    """What holds in the caller's site."""
    return dispatch().sites.settings_of(caller().holder.keys)


def protect(blueprint: Blueprint) -> None:
    """Let scanners in, and nobody else."""
    blueprint.before_request(_authenticate)
    for kind in (HTTPException, Invalid, NotFound):
        blueprint.register_error_handler(kind, _look_again)


def _authenticate() -> None:
    """Raise where the key is missing, wrong or disabled; failed attempts are counted."""
    try:
        g.caller = dispatch().credentials.check(request.headers.get("X-API-Key"))
    except InvalidApiKey:
        dispatch().tokens.count_failure(client_address())
        raise


def _look_again(error: HTTPException | DispatchError) -> Response:
    """What is wrong with a request is for those who may call now: no script has seen to that."""
    try:
        dispatch().credentials.again(caller())
    except Exception as sooner:  # noqa: BLE001 - each has its handler, but for those of this kind
        return current_app.make_response(current_app.handle_user_exception(sooner))
    return refused(error) if isinstance(error, DispatchError) else refused_by_flask(error)
