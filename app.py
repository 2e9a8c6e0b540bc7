"""The application: wiring, and nothing else."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import scanner.views
from api.resources import BLUEPRINTS
from console.docs import docs_blueprint
from console.health import health_blueprint
from console.rq import mount_rq
from dispatch.settings import Settings
from dispatch.wiring import open_dispatch
from metrics.page import mount_metrics
from web.application import Application
from web.blueprints import Api
from web.headers import register_headers
from web.hot_calls import HotCalls
from web.problems import register_problems

STATIC = Path(__file__).parent / "console" / "static"
OPENAPI = {
    "API_TITLE": "Scan Dispatch",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": "The scanner protocol, and the operator API."},
        "components": {
            "securitySchemes": {
                "scannerKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "operatorToken": {"type": "http", "scheme": "bearer"},
            }
        },
    },
}


def create_app(settings: Settings) -> Flask:
    """The WSGI application of one process. Raises ValueError where no store is configured."""
    app = Application("scandispatch", static_folder=STATIC, static_url_path="/static")
    app.config.update(OPENAPI, MAX_CONTENT_LENGTH=settings.max_body_bytes)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.url_map.strict_slashes = False
    app.wsgi_app = app.extensions["hot"] = HotCalls(app, scanner.views.blueprint)  # type: ignore[method-assign]  # as Flask's manual does
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask's manual does
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_prefix=0
        )
    dispatch = app.extensions["dispatch"] = open_dispatch(settings)
    register_problems(app)
    register_headers(app)
    documented = Api(app)
    for blueprint in (scanner.views.blueprint, *BLUEPRINTS):
        documented.register_blueprint(blueprint)
    app.register_blueprint(health_blueprint(dispatch.client))
    app.register_blueprint(docs_blueprint())
    if settings.rq_url:
        mount_rq(app, dispatch.tokens, settings.rq_url)
    dispatch.parking.tell = mount_metrics(app, dispatch).parked
    return app
