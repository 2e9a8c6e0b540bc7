"""RQ's dashboard at /rq, for admins only.

rq-dashboard 0.9 has no login, changes state on some GETs, and has no protection against forged
requests; all three are added here, before any of its code runs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import rq_dashboard
from flask import Flask, Response, request
from rq.exceptions import NoSuchJobError
from rq_dashboard.web import setup_rq_connection

from dispatch.operators import Operators, Role
from domain.errors import DispatchError, Forbidden, NotFound, Unauthenticated
from web.problems import problem

_CHALLENGE = 'Basic realm="Scan Dispatch: any name, and an admin token as password"'


def mount_rq(app: Flask, operators: Operators, url: str) -> None:
    """Serve the dashboard of the RQ at this URL."""
    app.config["RQ_DASHBOARD_REDIS_URL"] = (url,)
    setup_rq_connection(app)
    app.before_request(lambda: _guard(operators))
    app.register_error_handler(NoSuchJobError, _no_such_job)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix="/rq")


def _guard(operators: Operators) -> Response | None:
    if request.blueprint != rq_dashboard.blueprint.name:
        return None
    try:
        operators.check(_token()).require(Role.ADMIN)
    except Unauthenticated as error:
        operators.count_failure(request.remote_addr or "")
        response = problem(error.status, error.code, error.detail)
        response.headers["WWW-Authenticate"] = _CHALLENGE
        return response
    if (request.view_args or {}).get("instance_number"):
        raise NotFound("There is one RQ here, number 0.")
    if _changes_state() and not _is_ours():
        raise Forbidden("This came from another site's page.")
    return None


def _token() -> str | None:
    """From a program's bearer token, or from a browser's password."""
    given = request.authorization
    if given is None:
        return None
    return given.password if given.type == "basic" else given.token


def _changes_state() -> bool:
    return request.method not in {"GET", "HEAD"} or "/requeue/" in request.path


def _is_ours() -> bool:
    """Whether a page of this server asked, or a program, whose token no browser adds by itself."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if source:
        return urlsplit(source).netloc == request.host
    return request.authorization is not None and request.authorization.type == "bearer"


def _no_such_job(_: Exception) -> Response:
    error: DispatchError = NotFound("RQ has no such job.")
    return problem(error.status, error.code, error.detail)
