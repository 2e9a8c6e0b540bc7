"""Finds out which operator calls, with which role, about which site, before a body is read."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from flask import current_app, g, request, url_for

from dispatch.operators import Role
from dispatch.wiring import Dispatch
from domain.errors import Invalid
from queues.keys import SiteKeys
from queues.store import Asked
from web.addresses import client_address
from web.blueprints import Blueprint
from web.schemas import SiteQuery

IDEMPOTENCY_KEY_AT_MOST = 200
_READS = {"GET", "HEAD", "OPTIONS"}


def dispatch() -> Dispatch:
    """The use cases of this process."""
    return cast("Dispatch", current_app.extensions["dispatch"])


def site() -> SiteKeys:
    """The site that the call is about."""
    return cast("SiteKeys", g.site)


def operator_blueprint(name: str, module: str, *, description: str, writes: Role) -> Blueprint:
    """/api/<name>, with hyphens: viewers read, whoever has the role `writes` writes."""
    blueprint = Blueprint(
        name,
        module,
        url_prefix=f"/api/{name.replace('_', '-')}",
        description=description,
        security="operatorToken",
        query=SiteQuery,
    )
    blueprint.before_request(lambda: _authenticate(writes))
    return blueprint


def _authenticate(writes: Role) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else None
    operator = dispatch().tokens.check(given, address=client_address())
    operator.require(Role.VIEWER if request.method in _READS else writes)
    g.operator = operator
    g.site = dispatch().tokens.site_for(operator, request.args.get("site"))


def asked(body: dict[str, Any]) -> Asked:
    """The request's Idempotency-Key, within its token and route. Raises Invalid."""
    name = request.headers.get("Idempotency-Key", "")
    if not name:
        return Asked()
    if len(name) > IDEMPOTENCY_KEY_AT_MOST:
        sentence = f"At most {IDEMPOTENCY_KEY_AT_MOST} characters."
        raise Invalid({"Idempotency-Key": [sentence]})
    scope = json.dumps([g.operator.token_id, request.path, name])
    text = json.dumps(body, sort_keys=True)
    return Asked(_short(scope), _short(text))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def created(view: dict[str, Any], endpoint: str, **names: Any) -> tuple[Any, int, dict[str, str]]:
    """The answer to a POST that created: the whole resource, and where it is."""
    return view, 201, {"Location": url_for(endpoint, **names, site=request.args.get("site"))}


def page(found: Any) -> dict[str, Any]:
    """A page as lists answer it."""
    return {"items": found.items, "next_cursor": found.next_cursor}
