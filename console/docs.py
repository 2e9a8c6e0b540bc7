"""/docs: a page to read /openapi.json, its script and style from this server; / leads there."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from flask.blueprints import BlueprintSetupState
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug import Response

CONFIG = {
    "app_name": "Scan Dispatch",
    "oauth2RedirectUrl": "/docs/oauth2-redirect.html",
    "validatorUrl": None,  # by default a badge from a server of theirs
}


def docs_blueprint() -> Blueprint:
    """The page, for whoever asks; no token needed."""
    blueprint: Blueprint = get_swaggerui_blueprint("/docs", "/openapi.json", config=CONFIG)
    blueprint.record_once(_lead_browsers_here)
    return blueprint


def _lead_browsers_here(state: BlueprintSetupState) -> None:
    """Lead a browser from / to the page; for programs there is nothing, and no route."""

    @state.app.before_request
    def front() -> Response | None:
        if request.path != "/" or request.method not in {"GET", "HEAD"}:
            return None
        is_browser = "text/html" in request.accept_mimetypes.values()
        return redirect("/docs/") if is_browser else None
