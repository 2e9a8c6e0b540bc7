"""/api/queues."""

from __future__ import annotations

from typing import Any

from api import site_schemas as schemas
from api.access import dispatch, operator_blueprint, page, site
from dispatch.operators import Role
from web.schemas import page_of

blueprint = operator_blueprint(
    "queues", __name__, description="What waits where, and what is in use", writes=Role.OPERATOR
)


@blueprint.get("")
@blueprint.arguments(schemas.QueuesQuery, location="query")
@blueprint.response(200, page_of(schemas.Queue))
def some(query: dict[str, Any]) -> Any:
    """List the queues of scanners, then those of groups."""
    return page(dispatch().overview.some(site(), limit=query["limit"], cursor=query["cursor"]))
