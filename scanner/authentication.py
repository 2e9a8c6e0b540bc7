"""Finds out which scanner calls, before anything of its body is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, current_app, g
from werkzeug.exceptions import HTTPException

from dispatch.credentials import Caller
from dispatch.settings import Settings
from dispatch.wiring import Dispatch
from domain.errors import DispatchError, Invalid, InvalidApiKey, NotFound
from web.addresses import address_of, client_address
from web.hot import HotBlueprint
from web.problems import refused, refused_by_flask


@dataclass(slots=True)
class Call:
    """A call by a scanner that has proved who it is."""

    dispatch: Dispatch
    caller: Caller
    environ: dict[str, Any]

    @property
    def settings(self) -> Settings:
        """What holds in the caller's site."""
        return self.dispatch.sites.settings_of(self.caller.holder.keys)

    @property
    def address(self) -> str:
        """Where it comes from."""
        return address_of(self.environ)

    @property
    def request_id(self) -> str:
        """What the scanner calls it; '' for nothing."""
        given: str = self.environ.get("HTTP_X_REQUEST_ID", "")
        return given


def meet(app: Flask, environ: dict[str, Any]) -> Call:
    """The call. Raises where its key is missing, wrong or disabled."""
    dispatch: Dispatch = app.extensions["dispatch"]
    return Call(dispatch, dispatch.credentials.check(environ.get("HTTP_X_API_KEY")), environ)


def protect(blueprint: HotBlueprint) -> None:
    """Let scanners in, and nobody else; failed attempts are counted."""

    def authenticate() -> None:
        try:
            g.call = blueprint.met()
        except InvalidApiKey:
            _dispatch().tokens.count_failure(client_address())
            raise

    blueprint.before_request(authenticate)
    for kind in (HTTPException, Invalid, NotFound):
        blueprint.register_error_handler(kind, _look_again)


def _dispatch() -> Dispatch:
    return cast("Dispatch", current_app.extensions["dispatch"])


def _look_again(error: HTTPException | DispatchError) -> Response:
    """What is wrong with a request is for those who may call now: no script has seen to that."""
    try:
        _dispatch().credentials.again(g.call.caller)
    except Exception as sooner:  # noqa: BLE001 - each has its handler, but for those of this kind
        return current_app.make_response(current_app.handle_user_exception(sooner))
    return refused(error) if isinstance(error, DispatchError) else refused_by_flask(error)
