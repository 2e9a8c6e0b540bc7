"""/api/groups."""

from __future__ import annotations

from typing import Any

from api import schemas
from api.access import asked, created, dispatch, operator_blueprint, page, site
from dispatch.operators import Role
from web.schemas import PageQuery, page_of

blueprint = operator_blueprint("groups", __name__, description="Scanner groups", writes=Role.ADMIN)

Body = dict[str, Any]


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(schemas.Group))
def some(query: Body) -> Any:
    """List groups, newest first."""
    return page(dispatch().groups.some(site(), limit=query["limit"], cursor=query["cursor"]))


@blueprint.post("")
@blueprint.arguments(schemas.GroupCreation)
@blueprint.response(201, schemas.Group)
def create(body: Body) -> Any:
    """Create a group."""
    view = dispatch().groups.create(site(), body, asked(body))
    return created(view, "groups.one", group_id=view["group_id"])


@blueprint.get("/<int:group_id>")
@blueprint.response(200, schemas.Group)
def one(group_id: int) -> Any:
    """Get a group."""
    return dispatch().groups.get(site(), group_id)


@blueprint.patch("/<int:group_id>")
@blueprint.arguments(schemas.GroupChange)
@blueprint.response(200, schemas.Group)
def change(body: Body, group_id: int) -> Any:
    """Change a group."""
    return dispatch().groups.change(site(), group_id, body)


@blueprint.delete("/<int:group_id>")
@blueprint.response(204)
def delete(group_id: int) -> None:
    """Delete a group; its scanners stay."""
    dispatch().groups.delete(site(), group_id)
