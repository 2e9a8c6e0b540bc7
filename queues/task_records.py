"""What the store keeps of tasks in few fields, as the product reads it.

Of a task two fields hold what a claim has decided, so that a script handles few: `slice` is
scan:first:last:segment:subnets, `lease` is attempt:scanner:claimed:rate:rated_by|request:expected.
Of a scanner `holds` is :scan=tasks for each scan of which it holds tasks.
"""

from __future__ import annotations

from queues.store import Record


def unpacked(kept: Record) -> Record:
    """The record with a field for each of these; {} for none. holders: comma-separated.

    A task without a status is claimed; one that was completed unstarted began when it ended.
    """
    if "slice" not in kept:
        return {}
    scan, first, last, segment, subnets = kept["slice"].split(":")
    given, _, asked = kept["lease"].partition("|")
    attempt, scanner, claimed, rate, rated_by = given.split(":", 4)
    request, _, expected = asked.rpartition(":")
    record = {
        "scan": scan, "first": first, "last": last, "segment": segment, "subnets": subnets,
        "attempt": attempt, "scanner": scanner, "claimed": claimed, "rate": rate,
        "rated_by": rated_by, "request": request, "expected": expected, "holders": scanner,
        "status": "claimed", "progress": "0", "results": "0",
    }  # fmt: skip
    whole = record | kept
    if whole["status"] == "completed":
        whole.setdefault("started", whole["finished"])
    return whole


def tasks_by_scan(holds: str | None) -> dict[str, int]:
    """How many tasks of which scan a scanner holds, from the field of its record."""
    entries = (entry.split("=") for entry in (holds or "").split(":")[1:])
    return {scan: int(tasks) for scan, tasks in entries}
