"""/api/scans."""

from __future__ import annotations

from typing import Any

from api import scan_schemas as schemas
from api.access import asked, created, dispatch, operator_blueprint, page, site
from api.events import (
    EVENT_ANSWERS,
    Event,
    EventsQuery,
    LastEvent,
    event_stream,
    wants_stream,
)
from api.exports import EXPORT_ANSWERS, exported
from api.scan_creation import ScanCreation
from api.streams import also_answers
from dispatch.operators import Role
from web.schemas import PageQuery, page_of

blueprint = operator_blueprint("scans", __name__, description="Scans", writes=Role.OPERATOR)

Body = dict[str, Any]


@blueprint.get("")
@blueprint.arguments(schemas.ScansQuery, location="query")
@blueprint.response(200, page_of(schemas.Scan))
def some(query: Body) -> Any:
    """List scans, newest first."""
    found = dispatch().scans.some(
        site(), status=query.get("status", ""), limit=query["limit"], cursor=query["cursor"]
    )
    return page(found)


@blueprint.post("")
@blueprint.arguments(ScanCreation)
@blueprint.response(201, schemas.Scan)
def create(body: Body) -> Any:
    """Create a scan, and put it in the queues of its scanners and groups."""
    view = dispatch().scans.create(site(), body, asked(body))
    return created(view, "scans.one", scan_id=view["scan_id"])


@blueprint.get("/<int:scan_id>")
@blueprint.response(200, schemas.Scan)
def one(scan_id: int) -> Any:
    """Get a scan."""
    return dispatch().scans.get(site(), scan_id)


@blueprint.get("/<int:scan_id>/tasks")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(schemas.Task))
def tasks(query: Body, scan_id: int) -> Any:
    """List a scan's tasks, newest first."""
    return page(
        dispatch().scans.tasks(site(), scan_id, limit=query["limit"], cursor=query["cursor"])
    )


@blueprint.get("/<int:scan_id>/results")
@blueprint.arguments(schemas.ResultsQuery, location="query")
@blueprint.response(200, page_of(schemas.ResultRow))
@also_answers(blueprint, EXPORT_ANSWERS)
def results(query: Body, scan_id: int) -> Any:
    """List results as they came, or export them: one a host, protocol and port, the newest."""
    if "format" in query:
        return exported(dispatch().exports.open(site(), scan_id, query["format"]))
    return page(
        dispatch().scans.results(site(), scan_id, limit=query["limit"], cursor=query["cursor"])
    )


@blueprint.get("/<int:scan_id>/coverage")
@blueprint.response(200, schemas.Coverage)
def coverage(scan_id: int) -> Any:
    """Prove what was scanned."""
    return dispatch().scans.coverage(site(), scan_id)


@blueprint.get("/<int:scan_id>/events")
@blueprint.arguments(EventsQuery, location="query")
@blueprint.arguments(LastEvent, location="headers")
@blueprint.response(200, page_of(Event))
@also_answers(blueprint, EVENT_ANSWERS)
def events(query: Body, headers: Body, scan_id: int) -> Any:
    """List what has happened, oldest first; as text/event-stream also what happens from now on."""
    cursor = headers["last_event_id"] or query["cursor"]
    if wants_stream():
        return event_stream(dispatch().events.follow(site(), scan_id, cursor))
    return page(dispatch().events.some(site(), scan_id, limit=query["limit"], cursor=cursor))
