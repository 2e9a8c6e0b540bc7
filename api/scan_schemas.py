"""Scans, tasks, results and coverage on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from api.scan_creation import ScanCreation
from dispatch.exports import FORMS
from domain.states import ScanStatus
from web.fields import Matches, Time
from web.schemas import PageQuery, View

_CURSOR = r"^([0-9]{1,18}-[0-9]{1,18}\.[0-9]{1,9})?$"


class Hosts(View):
    """Addresses by what became of them."""

    total = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    in_flight = fields.Integer()
    waiting = fields.Integer()
    excluded = fields.Integer()


class TaskCounts(View):
    """Tasks by what became of them."""

    claimed = fields.Integer()
    running = fields.Integer()
    completed = fields.Integer()
    failed = fields.Integer()
    expired = fields.Integer()


class WaitingFor(View):
    """Why nothing, or nothing more, of a scan is handed out."""

    code = fields.String()
    message = fields.String()


class Scan(ScanCreation):
    """A scan."""

    Meta = View.Meta

    scan_id = fields.Integer()
    status = fields.String()
    status_reason = fields.String()
    status_since = Time()
    waiting_for = fields.Nested(WaitingFor, allow_none=True)
    hosts = fields.Nested(Hosts)
    tasks = fields.Nested(TaskCounts)
    progress = fields.Float()
    result_count = fields.Integer()
    eta_seconds = fields.Integer(allow_none=True)
    created_at = Time()
    started_at = Time()
    finished_at = Time()


class ScansQuery(PageQuery):
    """Which scans."""

    status = fields.String(validate=validate.OneOf([status.value for status in ScanStatus]))


class Task(View):
    """A task of a scan."""

    job_id = fields.Integer()
    scanner_id = fields.Integer()
    scanner_ids = fields.List(
        fields.Integer(), metadata={"description": "Its holders, newest last; at most 8."}
    )
    status = fields.String()
    attempt = fields.Integer()
    targets = fields.List(fields.String())
    hosts = fields.Integer()
    progress_count = fields.Integer()
    result_count = fields.Integer()
    max_probes_per_second = fields.Integer(allow_none=True)
    rate_limited_by = fields.String(
        allow_none=True,
        metadata={
            "description": "The limit that its rate comes from, null where there is none: "
            "`scanner`, `portList`, `scan`, or `subnet CIDR`."
        },
    )
    error_message = fields.String(allow_none=True)
    claimed_at = Time()
    started_at = Time()
    finished_at = Time()


class ResultsQuery(PageQuery):
    """Which results, and in which form."""

    cursor = fields.String(load_default="", validate=Matches(_CURSOR, error="No cursor of ours."))
    format = fields.String(validate=validate.OneOf([*FORMS]))


class ResultRow(View):
    """A result, and who found it."""

    host = fields.String()
    name = fields.String()
    port = fields.Integer()
    protocol = fields.String()
    state = fields.String()
    service = fields.String()
    product = fields.String()
    version = fields.String()
    banner = fields.String()
    observedAt = fields.String()  # noqa: N815 - rows are kept as they are on the wire
    extra = fields.Dict()
    jobId = fields.Integer()  # noqa: N815 - rows are kept as they are on the wire
    scannerId = fields.Integer()  # noqa: N815 - rows are kept as they are on the wire
    attempt = fields.Integer()
    late = fields.Boolean()


class Ranges(View):
    """Ranges of addresses by what became of them."""

    done = fields.List(fields.String())
    failed = fields.List(fields.String())
    excluded = fields.List(fields.String())
    in_flight = fields.List(fields.String())
    not_reached = fields.List(fields.String())


class Coverage(View):
    """What was scanned, as proof."""

    total = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    in_flight = fields.Integer()
    excluded = fields.Integer()
    not_reached = fields.Integer()
    ranges = fields.Nested(Ranges)
