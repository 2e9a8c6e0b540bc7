"""POST /scanner/sync on the wire: everything that a scanner has to say, and its next jobs."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from dispatch.syncing import Answer, Reports
from queues.tasks import Said
from scanner import jobs
from scanner.findings import RESULTS_AT_MOST, Result, rows
from scanner.schemas import HeartbeatAnswer, Job, Machine
from web.bodies import text_of
from web.fields import Integer, Text
from web.schemas import Schema, View

JOBS_AT_MOST = 100
_TOGETHER = "Send results and their batch together."

# Of a job that was reported, what Said begins with.
_said = itemgetter(
    *("job_id", "attempt", "state", "progress_count", "result_count", "error_message"),
    *("hosts_done", "batch"),
)


class ReportedJob(Schema):
    """What there is to say of one job. A job that was merely claimed is started by it."""

    job_id = Integer(1, required=True)
    attempt = Integer(1, required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(["running", "completed", "failed", "released"]),
    )
    progress_count = Integer(load_default=None, allow_none=True)
    result_count = Integer(load_default=None, allow_none=True)
    batch = Integer(1, load_default=None, allow_none=True)
    results = fields.List(
        fields.Nested(Result),
        load_default=None,
        allow_none=True,
        validate=validate.Length(0, RESULTS_AT_MOST),
    )
    error_message = Text(1000, 0, load_default="")
    hosts_done = Integer(load_default=0)

    @validates_schema
    def _batched(self, data: dict[str, Any], **_: Any) -> None:
        if (data["batch"] is None) != (data["results"] is None):
            raise ValidationError(_TOGETHER, "batch" if data["batch"] is None else "results")


class Sync(Machine):
    """All that a scanner has to say; the jobs are taken in this order, then new ones handed out."""

    want = Integer(0, JOBS_AT_MOST, load_default=0)
    jobs = fields.List(
        fields.Nested(ReportedJob), load_default=list, validate=validate.Length(0, JOBS_AT_MOST)
    )


class Refusal(View):
    """Why nothing of what was said of a job was taken; the others are not concerned."""

    job_id = fields.Integer()
    code = fields.String(metadata={"description": "As the plain call would have answered."})
    detail = fields.String()


class SyncAnswer(HeartbeatAnswer):
    """The next jobs, and which of those listed are not to go on."""

    lease_seconds = fields.Integer()
    jobs = fields.List(fields.Nested(Job))
    errors = fields.List(fields.Nested(Refusal))


def reports(body: dict[str, Any]) -> Reports:
    """What was said of each job."""
    reported = body["jobs"]
    said = [Said(*_said(job)) for job in reported]
    found = {
        at: rows(job["results"]) for at, job in enumerate(reported) if job["results"] is not None
    }
    for at, results in found.items():
        said[at] = said[at]._replace(row_count=len(results), rows=text_of(results))
    return Reports(said, found)


def told(answer: Answer) -> dict[str, str]:
    """What there is to say of the jobs that were reported: fields as JSON text."""
    errors = [
        {"jobId": job, "code": error.code, "detail": error.detail} for job, error in answer.errors
    ]
    return {
        "drain": "true" if answer.drain else "false",
        "control": text_of(jobs.controls(answer.control)) if answer.control else "[]",
        "errors": text_of(errors) if errors else "[]",
    }
