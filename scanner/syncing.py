"""POST /scanner/sync on the wire: everything that a scanner has to say, and its next jobs."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from dispatch.syncing import Answer, Reports
from queues.exchange import Said
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

    job_id = Integer(1, required=True, metadata={"description": "The job."})
    attempt = Integer(1, required=True, metadata={"description": "As it was handed out."})
    state = fields.String(
        required=True,
        validate=validate.OneOf(["running", "completed", "failed", "released"]),
        metadata={
            "description": "`running` renews its lease; the others end it: `completed` with every "
            "address done, `failed` with none, `released` with the first hostsDone."
        },
    )
    progress_count = Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "How many addresses of the job are done so far, in all."},
    )
    result_count = Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "How many results the job has so far, in all."},
    )
    batch = Integer(
        1,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The number of the results that come along: 1, 2, 3 … in each attempt. "
            "One that was kept before is taken for a repetition; a refused one does not count."
        },
    )
    results = fields.List(
        fields.Nested(Result),
        load_default=None,
        allow_none=True,
        validate=validate.Length(0, RESULTS_AT_MOST),
        metadata={"description": "What was found since the last batch; comes with `batch`."},
    )
    error_message = Text(
        1000, 0, load_default="", metadata={"description": "Why it failed, for the operator."}
    )
    hosts_done = Integer(
        load_default=0,
        metadata={
            "description": "Of a released job: so many addresses are done, the first ones in the "
            "order of the targets."
        },
    )

    @validates_schema
    def _batched(self, data: dict[str, Any], **_: Any) -> None:
        if (data["batch"] is None) != (data["results"] is None):
            raise ValidationError(_TOGETHER, "batch" if data["batch"] is None else "results")


class Sync(Machine):
    """All that a scanner has to say; the jobs are taken in this order, then new ones handed out."""

    want = Integer(
        0,
        JOBS_AT_MOST,
        load_default=0,
        metadata={"description": f"How many new jobs; above {JOBS_AT_MOST} is refused."},
    )
    jobs = fields.List(
        fields.Nested(ReportedJob),
        load_default=list,
        validate=validate.Length(0, JOBS_AT_MOST),
        metadata={"description": "All that are at work, and those that ended since the last."},
    )


class Refusal(View):
    """Why nothing of what was said of a job was taken; the others are not concerned."""

    job_id = fields.Integer(metadata={"description": "One that was listed in the request."})
    code = fields.String(metadata={"description": "As the plain call would have answered."})
    detail = fields.String(metadata={"description": "The same in a sentence."})


class SyncAnswer(HeartbeatAnswer):
    """The next jobs, and which of those listed are not to go on."""

    lease_seconds = fields.Integer(
        metadata={"description": "How long running jobs are the scanner's, from now on."}
    )
    jobs = fields.List(
        fields.Nested(Job),
        metadata={
            "description": "New ones, claimed and not started: being listed in the next call "
            "starts them. Where some were wanted and none came, see Retry-After."
        },
    )
    errors = fields.List(
        fields.Nested(Refusal),
        metadata={"description": "Reports that were refused, though the call itself was not."},
    )


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
