"""/api/sites."""

from __future__ import annotations

from typing import Any

from flask import g

from api import site_schemas as schemas
from api.access import asked, created, dispatch, operator_blueprint, page
from dispatch.operators import Role
from domain.errors import Forbidden, NotFound
from web.schemas import page_of

blueprint = operator_blueprint("sites", __name__, description="Sites", writes=Role.ADMIN)

Body = dict[str, Any]


@blueprint.get("")
@blueprint.arguments(schemas.SitesQuery, location="query")
@blueprint.response(200, page_of(schemas.Site))
def some(query: Body) -> Any:
    """List sites, in alphabetical order."""
    return page(
        dispatch().sites.some(limit=query["limit"], after=query["cursor"], only=g.operator.site)
    )


@blueprint.post("")
@blueprint.arguments(schemas.SiteCreation)
@blueprint.response(201, schemas.Site)
def create(body: Body) -> Any:
    """Create a site."""
    _for_all_sites()
    view = dispatch().sites.create(body, asked(body))
    return created(view, "sites.one", name=view["site"])


@blueprint.get("/<name>")
@blueprint.response(200, schemas.Site)
def one(name: str) -> Any:
    """Get a site."""
    if g.operator.site not in {None, name}:
        raise NotFound(f"There is no site {name[:40]!r}.")
    return dispatch().sites.get(name)


@blueprint.delete("/<name>")
@blueprint.response(204)
def delete(name: str) -> None:
    """Delete an empty site."""
    _for_all_sites()
    dispatch().sites.delete(name)


def _for_all_sites() -> None:
    if g.operator.site is not None:
        raise Forbidden("This needs a token for all sites.")
