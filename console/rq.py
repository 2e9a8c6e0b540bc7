"""RQ's dashboard at /rq, for admins only.

rq-dashboard 0.9 has no login, changes state on some GETs, has no protection against forged
requests, and fails on paths that its own pages never ask for; all four are seen to here, before
any of its code runs.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import rq_dashboard
from flask import Flask, Response, request
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq_dashboard.web import setup_rq_connection

from dispatch.operators import Operators, Role
from domain.errors import Conflict, Forbidden, NotFound, Unauthenticated
from web.addresses import client_address
from web.problems import refused

_CHALLENGE = 'Basic realm="Scan Dispatch: any name, and an admin token as password"'
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_PATHS = {
    "instance_number": re.compile("0"),  # there is one RQ here
    "job_id": re.compile(r"[A-Za-z0-9_-]{1,200}"),
    "page": _NUMBER,
    "per_page": _NUMBER,
    "registry_name": re.compile("queued|failed|deferred|started|finished|canceled|scheduled"),
}


def mount_rq(app: Flask, operators: Operators, url: str) -> None:
    """Serve the dashboard of the RQ at this URL."""
    app.config["RQ_DASHBOARD_REDIS_URL"] = (url,)
    setup_rq_connection(app)
    app.before_request(lambda: _guard(operators))
    app.register_error_handler(NoSuchJobError, _no_such_job)
    app.register_error_handler(InvalidJobOperation, _not_possible)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix="/rq")


def _guard(operators: Operators) -> Response | None:
    if request.blueprint != rq_dashboard.blueprint.name:
        return None
    try:
        operators.check(_token(), address=client_address()).require(Role.ADMIN)
    except Unauthenticated as error:
        response = refused(error)
        response.headers["WWW-Authenticate"] = _CHALLENGE
        return response
    for name, value in (request.view_args or {}).items():
        if name in _PATHS and not _PATHS[name].fullmatch(str(value)):
            raise NotFound
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
    return refused(NotFound("RQ has no such job."))


def _not_possible(_: Exception) -> Response:
    return refused(Conflict("RQ cannot do this with the job as it is now."))
