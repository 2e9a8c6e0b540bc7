"""Scans, tasks, results and coverage on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from api.schemas import LONGEST_TARGET, ids
from domain.ports import PortsError, parse_ports
from domain.states import ScanStatus
from domain.targets import TargetError, parse_target
from web.fields import Flag, Integer, Matches, Name, Time
from web.schemas import PageQuery, Schema, View

MOST_TARGETS = 500_000
LONGEST_PORTS = 400_000  # each of 65,535 ports by itself
_ENGINE = "^[a-z][a-z0-9-]{0,31}$"
_CURSOR = r"^([0-9]{1,18}-[0-9]{1,18}\.[0-9]{1,9})?$"


class Target(fields.String):
    """A CIDR, a range, an address or (where allowed) a name; kept as it was written."""

    def __init__(self, *, names: bool = True, **options: Any) -> None:
        self._names = names
        super().__init__(**options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if len(text) > LONGEST_TARGET:
            raise ValidationError("This is too long for a target.")
        try:
            target = parse_target(text)
        except TargetError as problem:
            raise ValidationError(str(problem)) from problem
        if isinstance(target, str) and not self._names:
            raise ValidationError(f"{text[:80]!r} is a name; exclude addresses.")
        return text


class Ports(fields.String):
    """Ports in nmap's notation."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if len(text) > LONGEST_PORTS:
            raise ValidationError("This is too long; write ports in a row as 1-1024.")
        try:
            return parse_ports(text).text
        except PortsError as problem:
            raise ValidationError(str(problem)) from problem


class ScanCreation(Schema):
    """What to scan, and who may."""

    name = Name(load_default=None, allow_none=True)
    targets = fields.List(Target(), required=True, validate=validate.Length(1, MOST_TARGETS))
    exclude = fields.List(  # type: ignore[assignment]  # marshmallow takes fields off the class
        Target(names=False), load_default=list, validate=validate.Length(0, MOST_TARGETS)
    )
    ports = Ports(required=True)
    scanner_ids = ids(100, load_default=list)
    group_ids = ids(100, load_default=list)
    engine = fields.String(
        load_default="connect",
        validate=Matches(_ENGINE, error="No name of an engine."),
    )
    engine_args = fields.Dict(keys=fields.String(), load_default=dict)
    max_probes_per_second = Integer(1, 100_000_000, load_default=None, allow_none=True)
    hosts_per_task = Integer(1, 2**24, load_default=None, allow_none=True)
    retry_failed = Flag(load_default=False)
    max_attempts = Integer(1, 100, load_default=None, allow_none=True)


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
    """Why nothing of a scan is out."""

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
    error_message = fields.String(allow_none=True)
    claimed_at = Time()
    started_at = Time()
    finished_at = Time()


class ResultsQuery(PageQuery):
    """Which results, and in which form."""

    cursor = fields.String(load_default="", validate=Matches(_CURSOR, error="No cursor of ours."))
    format = fields.String(validate=validate.OneOf(["jsonl"]))


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


class Coverage(View):
    """What was scanned, as proof."""

    total = fields.Integer()
    done = fields.Integer()
    failed = fields.Integer()
    in_flight = fields.Integer()
    excluded = fields.Integer()
    not_reached = fields.Integer()
    ranges = fields.Nested(Ranges)
