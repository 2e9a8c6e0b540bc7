"""/scanner: the protocol by which scanners fetch jobs, report on them and give them back."""

from __future__ import annotations

import math
from typing import Any

from flask import request
from werkzeug.exceptions import MethodNotAllowed

from queues.tasks import Report
from scanner import findings, schemas
from scanner.authentication import caller, dispatch, protect, settings
from web.addresses import client_address
from web.blueprints import Blueprint
from web.schemas import Ok

blueprint = Blueprint(
    "scanner",
    __name__,
    url_prefix="/scanner",
    description="Scanner protocol",
    security="scannerKey",
)
protect(blueprint)

Body = dict[str, Any]
OK = {"ok": True}


@blueprint.get("/jobs")
@blueprint.arguments(schemas.ClaimQuery, location="query")
@blueprint.response(200, schemas.Jobs)
def claim(query: Body) -> Any:
    """Fetch jobs: up to 10, within the scanner's capacities."""
    if request.method == "HEAD":  # jobs that nobody is told of
        raise MethodNotAllowed(["GET"])
    claimed = dispatch().work.claim(
        caller(),
        address=client_address(),
        limit=query["limit"],
        request_id=request.headers.get("X-Request-Id", ""),
    )
    if claimed.leases:
        seconds, rules = settings().lease_seconds, dispatch().work.rules_for(caller(), claimed)
        return {"jobs": [schemas.job_view(lease, seconds, rules) for lease in claimed.leases]}
    seconds = max(settings().idle_retry_seconds, math.ceil(claimed.wait_ms / 1000))
    return {"jobs": []}, 200, {"Retry-After": str(seconds)}


@blueprint.post("/jobs/<int:job_id>/start")
@blueprint.arguments(schemas.Attempt)
@blueprint.response(200, schemas.Leased)
def start(body: Body, job_id: int) -> Any:
    """Begin a job; repeating it is harmless."""
    dispatch().work.start(caller(), job_id, body["attempt"])
    return {"lease_seconds": settings().lease_seconds}


@blueprint.post("/jobs/<int:job_id>/progress")
@blueprint.arguments(schemas.Progress)
@blueprint.response(200, schemas.Controlled)
def progress(body: Body, job_id: int) -> Any:
    """Report how far a job is; says whether to go on."""
    said = dispatch().work.progress(
        caller(),
        job_id,
        body["attempt"],
        done=body["progress_count"],
        results=body["result_count"],
    )
    seconds = settings().lease_seconds
    return {
        "control": said.control,
        "max_probes_per_second": said.rate,
        "lease_seconds": seconds,
    }


@blueprint.post("/jobs/<int:job_id>/results")
@blueprint.arguments(findings.Results)
@blueprint.response(200, findings.Accepted)
def results(body: Body, job_id: int) -> Any:
    """Upload a batch of findings; each batch of an attempt is kept once."""
    accepted = dispatch().work.results(
        caller(), job_id, body["attempt"], batch=body["batch"], results=findings.rows(body)
    )
    return {"accepted": accepted}


@blueprint.post("/jobs/<int:job_id>/complete")
@blueprint.arguments(schemas.Completion)
@blueprint.response(200, Ok)
def complete(body: Body, job_id: int) -> Any:
    """Say the final word on a job; repeating the same is harmless."""
    dispatch().work.complete(
        caller(),
        job_id,
        body["attempt"],
        status=body["status"],
        results=body["result_count"],
        message=body["error_message"],
    )
    return OK


@blueprint.post("/jobs/<int:job_id>/release")
@blueprint.arguments(schemas.Release)
@blueprint.response(200, Ok)
def release(body: Body, job_id: int) -> Any:
    """Give a job back; its first hostsDone addresses count as done."""
    dispatch().work.release(caller(), job_id, body["attempt"], done=body["hosts_done"])
    return OK


@blueprint.post("/heartbeat")
@blueprint.arguments(schemas.Heartbeat)
@blueprint.response(200, schemas.HeartbeatAnswer)
def heartbeat(body: Body) -> Any:
    """Say that the scanner lives; renews the leases of the jobs listed."""
    said = dispatch().work.heartbeat(
        caller(), _report(body), [(job["job_id"], job["attempt"]) for job in body["jobs"]]
    )
    return {
        "heartbeat_seconds": settings().told_heartbeat_seconds,
        "control": [{"job_id": job, "control": word} for job, word in said.control.items()],
        "drain": said.drain,
    }


def _report(body: Body) -> Report:
    return Report(
        version=body["version"],
        boot=body["boot_id"],
        engines=",".join(body["engines"]),
        cpus=str(body["cpu_count"] or ""),
        memory=str(body["memory_bytes"] or ""),
        load="" if body["load"] is None else str(body["load"]),
    )
