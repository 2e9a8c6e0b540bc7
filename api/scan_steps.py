"""/api/scans/:id/…: the steps that an operator takes with a scan."""

from __future__ import annotations

from typing import Any

from api import scan_schemas as schemas
from api.access import asked, created, dispatch, site
from api.scans import blueprint

__all__ = ["blueprint"]


@blueprint.post("/<int:scan_id>/pause")
@blueprint.response(200, schemas.Scan)
def pause(scan_id: int) -> Any:
    """Pause a scan: nothing more is handed out; its scanners are told to give back their jobs."""
    return dispatch().scans.pause(site(), scan_id)


@blueprint.post("/<int:scan_id>/resume")
@blueprint.response(200, schemas.Scan)
def resume(scan_id: int) -> Any:
    """Resume a paused scan, in its old place."""
    return dispatch().scans.resume(site(), scan_id)


@blueprint.post("/<int:scan_id>/cancel")
@blueprint.response(200, schemas.Scan)
def cancel(scan_id: int) -> Any:
    """Cancel a scan; what was found is kept."""
    return dispatch().scans.cancel(site(), scan_id)


@blueprint.post("/<int:scan_id>/rerun")
@blueprint.response(201, schemas.Scan)
def rerun(scan_id: int) -> Any:
    """Make a new scan of what is not done of a finished one."""
    view = dispatch().scans.rerun(site(), scan_id, asked({}))
    return created(view, "scans.one", scan_id=view["scan_id"])


@blueprint.delete("/<int:scan_id>")
@blueprint.response(204)
def delete(scan_id: int) -> None:
    """Delete a finished scan, its results too."""
    dispatch().scans.delete(site(), scan_id)
