"""How scans and tasks are read: records of the store made into views."""

from __future__ import annotations

import json
from typing import Any

from domain.space import Segment
from queues.store import Record

View = dict[str, Any]

WAITING_FOR = {
    "PAUSED": "It is paused; resume it.",
    "NO_SCANNER_ONLINE": "None of its scanners is online.",
    "NO_SCANNER_WITH_ENGINE": "No scanner that is online has its engine.",
    "SCANNERS_BACKING_OFF": "Its scanners failed several times in a row, and wait before the next.",
    "SCANNERS_FULL": "Its scanners have no free capacity.",
    "GROUP_AT_JOB_CAPACITY": "Its group works on as many scans as its job capacity allows.",
    "BUDGET_SPENT": "What {limit} allows is granted to tasks that are out.",
    "BEHIND_OTHER_SCANS": "Other scans are before it in its queue.",
    "AWAITING_CLAIM": "It is handed out when one of its scanners asks next.",
}


def scan_view(record: Record, waiting_code: str = "", limit: str = "") -> View:
    """The resource of api.md: what was asked, status, counters, progress.

    waiting_code: why nothing of it is out; limit: which one is in its way, where one is.
    """
    number = {name: int(value) for name, value in record.items() if value.isdigit()}
    ended = number["done"] + number["failed"]
    wanted = number["total"] - number["excluded"]
    reached = ended + number.get("advanced", 0)
    view = {
        **json.loads(record["spec"]),
        "scan_id": number["id"],
        "status": record["status"],
        "status_reason": record["reason"],
        "status_since": record["since"],
        "waiting_for": _waiting_for(waiting_code, limit),
        "hosts": {
            "total": number["total"],
            "done": number["done"],
            "failed": number["failed"],
            "in_flight": number["in_flight"],
            "waiting": number["open"],
            "excluded": number["excluded"],
        },
        "tasks": {
            "claimed": number["claimed"],
            "running": number["running"],
            "completed": number["tasks_completed"],
            "failed": number["tasks_failed"],
            "expired": number["expired"],
        },
        "progress": reached / wanted if wanted else 1.0,
        "result_count": number["results"],
        "eta_seconds": _eta_seconds(record, reached, wanted - reached),
        "created_at": record["created"],
        "started_at": record.get("started"),
        "finished_at": record.get("finished"),
    }
    view["max_attempts"] = number["max_attempts"]
    return view


def _waiting_for(code: str, limit: str) -> View | None:
    named = "its own limit" if limit == "scan" else f"the limit of {limit}"
    return {"code": code, "message": WAITING_FOR[code].format(limit=named)} if code else None


def _eta_seconds(record: Record, reached: int, left: int) -> int | None:
    """From the mean speed so far; the last activity is the clock, so no other is needed."""
    if record["status"] != "running" or not reached:
        return None
    elapsed_ms = int(record.get("active", record["started"])) - int(record["started"])
    return round(elapsed_ms * left / reached / 1000)


def task_view(record: Record, segment: Segment | None) -> View:
    """A task as /api/scans/:id/tasks shows it; times in milliseconds."""
    first, last = int(record["first"]), int(record["last"])
    rate = record.get("rate")
    return {
        "job_id": int(record["id"]),
        "scanner_id": int(record["scanner"]),
        "status": record["status"],
        "attempt": int(record["attempt"]),
        "scanner_ids": [int(scanner) for scanner in record["holders"].split(",")],
        "targets": segment.targets(first, last) if segment else [],
        "hosts": last - first,
        "progress_count": int(record["progress"]),
        "result_count": int(record["results"]),
        "max_probes_per_second": int(rate) if rate else None,
        "rate_limited_by": record.get("rated_by") or None,
        "error_message": record.get("error") or None,
        "claimed_at": record.get("claimed"),
        "started_at": record.get("started"),
        "finished_at": record.get("finished"),
    }
