"""/docs: a page to read /openapi.json, with its script and style from this server."""

from __future__ import annotations

from flask import Blueprint
from flask_swagger_ui import get_swaggerui_blueprint

CONFIG = {
    "app_name": "Scan Dispatch",
    "oauth2RedirectUrl": "/docs/oauth2-redirect.html",
    "validatorUrl": None,  # by default a badge from a server of theirs
}


def docs_blueprint() -> Blueprint:
    """The page, for whoever asks; no token needed."""
    blueprint: Blueprint = get_swaggerui_blueprint("/docs", "/openapi.json", config=CONFIG)
    return blueprint
