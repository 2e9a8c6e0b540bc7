"""The scanner protocol on the wire. Here, and nowhere else, a task is called a job."""

from __future__ import annotations

from marshmallow import fields, validate

from web.fields import Integer, Matches, Number, QueryInteger, Text
from web.schemas import Ok, Schema, View

JOBS_AT_MOST = 10
WAIT_AT_MOST_SECONDS = 30
WORDS = ["continue", "pause", "cancel"]
LOST = "lease_lost"


class ClaimQuery(Schema):
    """How many jobs, and how long to wait for one."""

    limit = QueryInteger(
        1,
        cap=JOBS_AT_MOST,
        load_default=1,
        metadata={"description": f"How many jobs; above {JOBS_AT_MOST} counts as {JOBS_AT_MOST}."},
    )
    wait = QueryInteger(
        0,
        cap=WAIT_AT_MOST_SECONDS,
        load_default=0,
        metadata={
            "description": "For how many seconds to wait for a job; above "
            f"{WAIT_AT_MOST_SECONDS} counts as {WAIT_AT_MOST_SECONDS}."
        },
    )


class Target(View):
    """What to probe."""

    range = fields.String(metadata={"description": "A CIDR, or a name."})
    ports = fields.String(metadata={"description": "In nmap's notation."})


class Job(View):
    """A task in a scanner's hands."""

    job_id = fields.Integer(
        metadata={"description": "The same in all attempts; an attempt is named by both."}
    )
    scan_id = fields.Integer(metadata={"description": "The scan that it is a part of."})
    attempt = fields.Integer(
        metadata={"description": "How often it has been handed out; to be sent with every report."}
    )
    targets = fields.List(
        fields.Nested(Target),
        metadata={"description": "What to probe; hostsDone counts addresses in this order."},
    )
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
    lease_seconds = fields.Integer(
        metadata={"description": "How long nothing need be said of it, once it is started."}
    )
    engine = fields.String(metadata={"description": "What is to probe, such as `connect`."})
    engine_args = fields.Dict(metadata={"description": "What the scan sets of the engine."})
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

    jobs = fields.List(
        fields.Nested(Job),
        metadata={"description": "Claimed, not started; where it is empty, see Retry-After."},
    )


class Attempt(Schema):
    """The fencing number, optional."""

    attempt = Integer(
        1,
        load_default=None,
        allow_none=True,
        metadata={"description": "The job's; an old one is refused with LEASE_LOST."},
    )


class Progress(Attempt):
    """How far a job is."""

    progress_count = Integer(
        load_default=0,
        metadata={"description": "How many addresses of the job are done so far, in all."},
    )
    result_count = Integer(
        load_default=0,
        metadata={"description": "How many results the job has so far, in all."},
    )


class Leased(Ok):
    """The lease was renewed."""

    lease_seconds = fields.Integer(
        metadata={"description": "How long the job is the scanner's, from now on."}
    )


class Controlled(Leased):
    """What to do with the job."""

    control = fields.String(
        validate=validate.OneOf(WORDS),
        metadata={"description": "With any but `continue`, stop and give the job back (release)."},
    )
    max_probes_per_second = fields.Integer(
        allow_none=True, metadata={"description": "As when the job was handed out."}
    )


class Completion(Attempt):
    """The final word on a job."""

    status = fields.String(
        required=True,
        validate=validate.OneOf(["completed", "failed"]),
        metadata={"description": "`completed`: every address is done; `failed`: none counts."},
    )
    result_count = Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "How many results the job had, in all."},
    )
    error_message = Text(
        1000, 0, load_default="", metadata={"description": "Why it failed, for the operator."}
    )


class Release(Attempt):
    """A job given back."""

    hosts_done = Integer(
        load_default=0,
        metadata={"description": "How many addresses are done: the first ones of the targets."},
    )


class HeldJob(Attempt):
    """A job that the scanner works on."""

    job_id = Integer(1, required=True, metadata={"description": "The job."})


class Machine(Schema):
    """What the scanner is."""

    version = Text(
        100, 0, load_default="", metadata={"description": "The scanner's, as operators see it."}
    )
    boot_id = Text(
        100, 0, load_default="", metadata={"description": "Another one each time it is started."}
    )
    engines = fields.List(
        fields.String(validate=Matches("^[a-z][a-z0-9-]{0,31}$")),
        load_default=list,
        validate=validate.Length(0, 20),
        metadata={"description": "What it probes with; who never said is taken to have all."},
    )
    load = Number(  # type: ignore[assignment]  # marshmallow takes fields off the class
        0,
        1e6,
        load_default=None,
        allow_none=True,
        metadata={"description": "How busy its machine is; operators see it."},
    )
    cpu_count = Integer(
        1,
        65536,
        load_default=None,
        allow_none=True,
        metadata={"description": "Processors of its machine; its capacities may follow from it."},
    )
    memory_bytes = Integer(
        1,
        load_default=None,
        allow_none=True,
        metadata={"description": "Memory of its machine; its capacities may follow from it."},
    )


class Heartbeat(Machine):
    """What the scanner is, and does."""

    jobs = fields.List(
        fields.Nested(HeldJob),
        load_default=list,
        validate=validate.Length(0, 100),
        metadata={"description": "Those at work: the leases of those that are started begin anew."},
    )


class Control(View):
    """What to do with one job."""

    job_id = fields.Integer(metadata={"description": "One that was listed in the request."})
    control = fields.String(
        metadata={
            "enum": [*WORDS[1:], LOST],
            "description": "`pause`, `cancel`: stop it and give it back (release). `lease_lost`: "
            "stop it and say no more of it; it is no longer this scanner's.",
        }
    )


class HeartbeatAnswer(Ok):
    """When to be heard of next, and which jobs are not to go on."""

    heartbeat_seconds = fields.Integer(
        metadata={"description": "How soon the scanner is to be heard of again."}
    )
    control = fields.List(
        fields.Nested(Control),
        metadata={"description": "Listed jobs that are not to go on; the others are."},
    )
    drain = fields.Boolean(
        metadata={"description": "True: it is given no more jobs, and ends those that it has."}
    )
