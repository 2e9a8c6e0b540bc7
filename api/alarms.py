"""/api/alarms."""

from __future__ import annotations

from typing import Any

from api import schemas
from api.access import dispatch, operator_blueprint, page, site
from dispatch.operators import Role
from web.schemas import page_of

blueprint = operator_blueprint("alarms", __name__, description="Alarms", writes=Role.OPERATOR)


@blueprint.get("")
@blueprint.arguments(schemas.AlarmsQuery, location="query")
@blueprint.response(200, page_of(schemas.Alarm))
def some(query: dict[str, Any]) -> Any:
    """List alarms, newest first."""
    found = dispatch().alarms.some(
        site(), state=query.get("state", ""), limit=query["limit"], cursor=query["cursor"]
    )
    return page(found)


@blueprint.post("/<int:alarm_id>/ack")
@blueprint.response(200, schemas.Alarm)
def ack(alarm_id: int) -> Any:
    """Note that somebody has seen an alarm."""
    return dispatch().alarms.acknowledge(site(), alarm_id)
