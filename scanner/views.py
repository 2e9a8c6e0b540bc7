"""/scanner: the protocol by which scanners fetch jobs, report on them and give them back."""

from __future__ import annotations

import math
from typing import Any

from werkzeug.exceptions import MethodNotAllowed

from dispatch.syncing import Wanted
from dispatch.waiters import Claim
from queues.exchange import Lease, Report
from scanner import findings, jobs, schemas, syncing
from scanner.authentication import Call, meet, protect
from web.hot import Answer, HotBlueprint, answer
from web.lines import line_of
from web.schemas import Ok

blueprint = HotBlueprint(
    "scanner",
    __name__,
    url_prefix="/scanner",
    description="Scanner protocol",
    security="scannerKey",
    meet=meet,
)
protect(blueprint)

Body = dict[str, Any]
OK = {"ok": True}


@blueprint.get("/jobs")
@blueprint.arguments(schemas.ClaimQuery, location="query")
@blueprint.response(200, schemas.Jobs)
def claim(call: Call, query: Body) -> Answer:
    """Fetch jobs: up to 10, within the scanner's capacities; wait for them, up to 30 seconds."""
    if call.environ["REQUEST_METHOD"] == "HEAD":  # jobs that nobody is told of
        raise MethodNotAllowed(["GET"])
    claimed = call.dispatch.parking.claim(
        call.caller.holder,
        _claim_of(call, query["limit"]),
        seconds=query["wait"],
        line=line_of(call.environ),
    )
    if claimed.leases:
        return answer({}, {"jobs": _on_wire(call, claimed.leases)})
    return answer({"jobs": []}, retry_after_seconds=_patience(call, claimed.wait_ms))


def _claim_of(call: Call, limit: int) -> Claim:
    """A claim that can be made again when the request is no longer at hand."""
    work, who, address, request_id = call.dispatch.work, call.caller, call.address, call.request_id
    return lambda park: work.claim(
        who, address=address, limit=limit, request_id=request_id, park=park
    )


@blueprint.post("/jobs/<int:job_id>/start")
@blueprint.arguments(schemas.Attempt)
@blueprint.response(200, schemas.Leased)
def start(call: Call, body: Body, job_id: int) -> Answer:
    """Begin a job; repeating it is harmless."""
    call.dispatch.work.start(call.caller, job_id, body["attempt"])
    return answer({"ok": True, "leaseSeconds": call.settings.lease_seconds})


@blueprint.post("/jobs/<int:job_id>/progress")
@blueprint.arguments(schemas.Progress)
@blueprint.response(200, schemas.Controlled)
def progress(call: Call, body: Body, job_id: int) -> Answer:
    """Report how far a job is; says whether to go on."""
    said = call.dispatch.work.progress(
        call.caller,
        job_id,
        body["attempt"],
        done=body["progress_count"],
        results=body["result_count"],
    )
    seconds = call.settings.lease_seconds
    told = {"ok": True, "control": said.control, "maxProbesPerSecond": said.rate}
    return answer({**told, "leaseSeconds": seconds})


@blueprint.post("/jobs/<int:job_id>/results")
@blueprint.arguments(findings.Results)
@blueprint.response(200, findings.Accepted)
def results(call: Call, body: Body, job_id: int) -> Answer:
    """Upload a batch of findings; each batch of an attempt is kept once."""
    accepted = call.dispatch.work.results(
        call.caller,
        job_id,
        body["attempt"],
        batch=body["batch"],
        results=findings.rows(body["results"]),
    )
    return answer({"ok": True, "accepted": accepted})


@blueprint.post("/jobs/<int:job_id>/complete")
@blueprint.arguments(schemas.Completion)
@blueprint.response(200, Ok)
def complete(call: Call, body: Body, job_id: int) -> Answer:
    """Say the final word on a job; repeating the same is harmless."""
    call.dispatch.work.complete(
        call.caller,
        job_id,
        body["attempt"],
        status=body["status"],
        results=body["result_count"],
        message=body["error_message"],
    )
    return answer(OK)


@blueprint.post("/jobs/<int:job_id>/release")
@blueprint.arguments(schemas.Release)
@blueprint.response(200, Ok)
def release(call: Call, body: Body, job_id: int) -> Answer:
    """Give a job back; its first hostsDone addresses count as done."""
    call.dispatch.work.release(call.caller, job_id, body["attempt"], done=body["hosts_done"])
    return answer(OK)


@blueprint.post("/heartbeat")
@blueprint.arguments(schemas.Heartbeat)
@blueprint.response(200, schemas.HeartbeatAnswer)
def heartbeat(call: Call, body: Body) -> Answer:
    """Say that the scanner lives; renews the leases of the jobs listed."""
    said = call.dispatch.work.heartbeat(
        call.caller, _report(body), [(job["job_id"], job["attempt"]) for job in body["jobs"]]
    )
    seconds = call.settings.told_heartbeat_seconds
    told = {"ok": True, "heartbeatSeconds": seconds, "drain": said.drain}
    return answer({**told, "control": jobs.controls(said.control)})


@blueprint.post("/sync")
@blueprint.arguments(syncing.Sync)
@blueprint.response(200, syncing.SyncAnswer)
def sync(call: Call, body: Body) -> Answer:
    """Say all there is to say, and fetch the next jobs; being listed starts a job."""
    wanted = Wanted(body["want"], call.request_id, call.address)
    said = call.dispatch.syncing.sync(call.caller, wanted, _report(body), syncing.reports(body))
    site = call.settings
    told = {
        "ok": "true",
        "heartbeatSeconds": str(site.told_heartbeat_seconds),
        "leaseSeconds": str(site.lease_seconds),
        **syncing.told(said),
    }
    if said.leases or not body["want"]:
        return answer({}, told | {"jobs": _on_wire(call, said.leases)})
    patience = _patience(call, said.wait_ms)
    return answer({}, told | {"jobs": "[]"}, retry_after_seconds=patience)


def _on_wire(call: Call, leases: list[Lease]) -> str:
    rules = call.dispatch.work.rules_for(call.caller, leases)
    return jobs.on_wire(leases, call.settings.lease_seconds, rules)


def _patience(call: Call, wait_ms: int) -> int:
    """For how many seconds a scanner is not to ask again that was given nothing."""
    return max(call.settings.idle_retry_seconds, math.ceil(wait_ms / 1000))


def _report(body: Body) -> Report:
    return Report(
        version=body["version"],
        boot=body["boot_id"],
        engines=",".join(body["engines"]),
        cpus=str(body["cpu_count"] or ""),
        memory=str(body["memory_bytes"] or ""),
        load="" if body["load"] is None else str(body["load"]),
    )
