"""The scanner protocol on the wire. Here, and nowhere else, a task is called a job."""

from __future__ import annotations

from marshmallow import fields, validate

from web.fields import Integer, Matches, Number, QueryInteger, Text
from web.schemas import Ok, Schema, View

JOBS_AT_MOST = 10
WAIT_AT_MOST_SECONDS = 30


class ClaimQuery(Schema):
    """How many jobs, and how long to wait for one."""

    limit = QueryInteger(1, cap=JOBS_AT_MOST, load_default=1)
    wait = QueryInteger(0, cap=WAIT_AT_MOST_SECONDS, load_default=0)


class Target(View):
    """What to probe."""

    range = fields.String(metadata={"description": "A CIDR, or a name."})
    ports = fields.String(metadata={"description": "In nmap's notation."})


class Job(View):
    """A task in a scanner's hands."""

    job_id = fields.Integer()
    scan_id = fields.Integer()
    attempt = fields.Integer()
    targets = fields.List(fields.Nested(Target))
    max_probes_per_second = fields.Integer(
        allow_none=True,
        metadata={"description": "How fast to probe, at most, until the job ends; null: no limit."},
    )
    rate_limited_by = fields.String(
        allow_none=True,
        metadata={
            "description": "The limit that the rate comes from: `scanner` (which all of its jobs "
            "share), `portList`, `scan`, or `subnet CIDR`; null where there is none."
        },
    )
    lease_seconds = fields.Integer()
    engine = fields.String()
    engine_args = fields.Dict()
    exclusions = fields.List(
        fields.String(),
        metadata={
            "description": "Only where the target is a name: CIDRs that are not to be probed, "
            "wherever the name leads."
        },
    )
    scopes = fields.List(
        fields.String(),
        metadata={
            "description": "Only where the target is a name: CIDRs that alone may be probed; "
            "anything may where there are none."
        },
    )


class Jobs(View):
    """What a claim brought."""

    jobs = fields.List(fields.Nested(Job))


class Attempt(Schema):
    """The fencing number, optional."""

    attempt = Integer(1, load_default=None, allow_none=True)


class Progress(Attempt):
    """How far a job is."""

    progress_count = Integer(load_default=0)
    result_count = Integer(load_default=0)


class Leased(Ok):
    """The lease was renewed."""

    lease_seconds = fields.Integer()


class Controlled(Leased):
    """What to do with the job."""

    control = fields.String(
        validate=validate.OneOf(["continue", "pause", "cancel"]),
        metadata={"description": "With any but `continue`, stop and give the job back (release)."},
    )
    max_probes_per_second = fields.Integer(
        allow_none=True, metadata={"description": "As when the job was handed out."}
    )


class Completion(Attempt):
    """The final word on a job."""

    status = fields.String(required=True, validate=validate.OneOf(["completed", "failed"]))
    result_count = Integer(load_default=None, allow_none=True)
    error_message = Text(1000, 0, load_default="")


class Release(Attempt):
    """A job given back."""

    hosts_done = Integer(load_default=0)


class HeldJob(Attempt):
    """A job that the scanner works on."""

    job_id = Integer(1, required=True)


class Machine(Schema):
    """What the scanner is."""

    version = Text(100, 0, load_default="")
    boot_id = Text(100, 0, load_default="")
    engines = fields.List(
        fields.String(validate=Matches("^[a-z][a-z0-9-]{0,31}$")),
        load_default=list,
        validate=validate.Length(0, 20),
    )
    load = Number(0, 1e6, load_default=None, allow_none=True)  # type: ignore[assignment]  # marshmallow takes fields off the class
    cpu_count = Integer(1, 65536, load_default=None, allow_none=True)
    memory_bytes = Integer(1, load_default=None, allow_none=True)


class Heartbeat(Machine):
    """What the scanner is, and does."""

    jobs = fields.List(fields.Nested(HeldJob), load_default=list, validate=validate.Length(0, 100))


class Control(View):
    """What to do with one job."""

    job_id = fields.Integer()
    control = fields.String()


class HeartbeatAnswer(Ok):
    """When to be heard of next, and which jobs are not to go on."""

    heartbeat_seconds = fields.Integer()
    control = fields.List(fields.Nested(Control))
    drain = fields.Boolean()
