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


@blueprint.delete("/<int:scanner_id>")
@blueprint.response(204)
def delete(scanner_id: int) -> None:
    """Delete a scanner; one that holds jobs takes no more, and goes when its last lease has."""
    dispatch().scanners.delete(site(), scanner_id)


@blueprint.post("/<int:scanner_id>/drain")
@blueprint.arguments(schemas.Drain)
@blueprint.response(200, schemas.Scanner)
def drain(body: Body, scanner_id: int) -> Any:
    """Hand a scanner no more work; it ends what it holds. {"drain": false} takes it back."""
    return dispatch().scanners.drain(site(), scanner_id, on=body["drain"])


@blueprint.post("/<int:scanner_id>/keys")
@blueprint.arguments(schemas.KeyCreation)
@blueprint.response(201, schemas.Key)
def add_key(body: Body, scanner_id: int) -> Any:
    """Make a new key; the old ones live on for the grace period."""
    view = dispatch().scanners.add_key(
        site(), scanner_id, grace_seconds=body["grace_seconds"], asked=asked(body)
    )
    return created(view, "scanners.one", scanner_id=scanner_id)


@blueprint.delete("/<int:scanner_id>/keys/<key_id>")
@blueprint.response(204)
def revoke_key(scanner_id: int, key_id: str) -> None:
    """Revoke a key at once."""
    dispatch().scanners.revoke_key(site(), scanner_id, key_id)
