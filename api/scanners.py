"""/api/scanners."""

from __future__ import annotations

from typing import Any

from api import schemas
from api.access import asked, created, dispatch, operator_blueprint, page, site
from dispatch.operators import Role
from web.schemas import PageQuery, page_of

blueprint = operator_blueprint("scanners", __name__, description="Scanners", writes=Role.ADMIN)

Body = dict[str, Any]


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(schemas.Scanner))
def some(query: Body) -> Any:
    """List scanners, newest first."""
    return page(dispatch().scanners.some(site(), limit=query["limit"], cursor=query["cursor"]))


@blueprint.post("")
@blueprint.arguments(schemas.ScannerCreation)
@blueprint.response(201, schemas.Scanner)
def create(body: Body) -> Any:
    """Create a scanner; its apiKey is in this answer and never again."""
    view = dispatch().scanners.create(site(), body, asked(body))
    return created(view, "scanners.one", scanner_id=view["scanner_id"])


@blueprint.get("/<int:scanner_id>")
@blueprint.response(200, schemas.Scanner)
def one(scanner_id: int) -> Any:
    """Get a scanner."""
    return dispatch().scanners.get(site(), scanner_id)


@blueprint.patch("/<int:scanner_id>")
@blueprint.arguments(schemas.ScannerChange)
@blueprint.response(200, schemas.Scanner)
def change(body: Body, scanner_id: int) -> Any:
    """Change a scanner, from its next call on."""
    return dispatch().scanners.change(site(), scanner_id, body)
