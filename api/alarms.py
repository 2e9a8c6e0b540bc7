"""/api/alarms."""

from __future__ import annotations

from typing import Any

from api import schemas
from api.access import dispatch, operator_blueprint, page, site
from dispatch.operators import Role
from web.schemas import PageQuery, page_of

blueprint = operator_blueprint("alarms", __name__, description="Alarms", writes=Role.OPERATOR)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(schemas.Alarm))
def some(query: dict[str, Any]) -> Any:
    """List alarms, newest first."""
    return page(dispatch().upkeep.alarms(site(), limit=query["limit"], cursor=query["cursor"]))
