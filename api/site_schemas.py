"""Sites and queues on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from api.schemas import InUse
from web.fields import Integer, Matches, Name, QueryInteger
from web.schemas import MAX_PAGE, Schema, SiteQuery, View

_SITE = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
_WEEK_SECONDS = 7 * 24 * 3600
_MOST_PROBES = 100_000_000


def _seconds() -> Integer:
    return Integer(1, _WEEK_SECONDS, allow_none=True)


class SiteCreation(Schema):
    """A new site; what it does not set is as the server's environment says."""

    site = fields.String(
        required=True,
        validate=Matches(
            _SITE, error="Use 1 to 32 lower-case letters, digits and hyphens between them."
        ),
    )
    name = Name(allow_none=True)
    claim_seconds = _seconds()
    lease_seconds = _seconds()
    heartbeat_seconds = _seconds()
    offline_seconds = _seconds()
    stall_seconds = _seconds()
    max_task_seconds = _seconds()
    max_attempts = Integer(1, 100, allow_none=True)
    task_seconds = _seconds()
    default_probes_per_second = Integer(1, _MOST_PROBES, allow_none=True)
    min_probes_per_second = Integer(1, _MOST_PROBES, allow_none=True)
    idle_retry_seconds = _seconds()


class Site(SiteCreation, View):
    """A site, with the settings that hold in it."""


class Queue(View):
    """What waits and what is worked on in one queue."""

    kind = fields.String(validate=validate.OneOf(["scanner", "group"]))
    id = fields.Integer(metadata={"description": "Of the scanner or group."})
    name = fields.String()
    status = fields.String(allow_none=True, metadata={"description": "Of a scanner."})
    scanners_online = fields.Integer()
    task_slots = fields.Integer(metadata={"description": "Of the scanners that are online."})
    job_capacity = fields.Integer()
    target_capacity = fields.Integer(allow_none=True)
    task_capacity = fields.Integer(allow_none=True)
    in_use = fields.Nested(InUse, allow_none=True)
    active = fields.List(fields.Integer(), metadata={"description": "Scans worked on."})
    waiting = fields.List(
        fields.Integer(), metadata={"description": "Scans waiting, in order; the first 1,000."}
    )
    waiting_count = fields.Integer()


class QueuesQuery(SiteQuery):
    """Which page of the queues: those of scanners come first, then those of groups."""

    limit = QueryInteger(1, MAX_PAGE, load_default=100)
    cursor = fields.String(
        load_default="", validate=Matches("^([sg][0-9]{0,18})?$", error="No cursor of ours.")
    )


class SitesQuery(SiteQuery):
    """Which page of the sites."""

    limit = QueryInteger(1, MAX_PAGE, load_default=100)
    cursor = fields.String(
        load_default="", validate=Matches("^[a-z0-9-]{0,32}$", error="No cursor of ours.")
    )
