"""Whether the store holds just what the model holds."""

from __future__ import annotations

from typing import Any

from tests.model.agreement_on_fleet import agree_on_fleet
from tests.model.agreement_on_rules import agree_on_rules
from tests.model.looking import Raw, addresses, open_of, same
from tests.model.records import Piece, Scan, Task
from tests.model.world import World

Found = tuple[int, int, str, tuple[int, ...]]  # first, last, task, chain


def agree(world: World, raw: Raw) -> None:
    """Every record that the model knows is as the model has it, and there is none beside it."""
    assert {int(i) for i in raw.ids["scan"]} == set(world.scans), "scans"
    assert {int(i) for i in raw.ids["task"]} == set(world.tasks), "tasks"
    assert {int(i) for i in raw.ids["scanner"]} == set(world.scanners), "scanners"
    assert {int(i) for i in raw.ids["group"]} == world.groups, "groups"
    for scan in world.scans.values():
        same(f"scan {scan.id}", expected_scan(world, scan), found_scan(raw, scan.id))
    for task in world.tasks.values():
        same(f"task {task.id}", expected_task(task), found_task(raw, task.id))
    agree_on_fleet(world, raw)
    agree_on_rules(world, raw)
    same("alarms", world.alarms, set(raw.get("raised", {})))
    same(
        "retiring",
        {str(s.id) for s in world.scanners.values() if s.retired},
        raw.get("retiring", set()),
    )


def expected_scan(world: World, scan: Scan) -> dict[str, Any]:
    return {
        "status": scan.status,
        "receipt": scan.receipt,
        "since": scan.since,
        "started": scan.started,
        "spent": scan.spent,
        "rules": [scan.rules, scan.cuts],
        "open": [_piece(piece) for piece in scan.open],
        "blocked": {(subnet, *_piece(piece)) for subnet, piece in scan.blocked},
        "in_flight": sorted(a for task in world.held_of(scan.id) for a in task.addresses),
        "done": sorted(scan.done),
        "failed": sorted(scan.failed),
        "excluded": sorted(scan.excluded),
        "dropped": len(scan.dropped),
        "jobs": scan.jobs,
        "counts": [scan.expired, scan.completed, scan.failures, scan.results],
        "batches": scan.batches,
    }


def _piece(piece: Piece) -> Found:
    task = "" if piece.task is None else str(piece.task)
    return piece.addresses[0], piece.addresses[-1] + 1, task, piece.chain


def _opening(row: str) -> Found:
    first, last, _, task, chain = row.split(":")
    return int(first), int(last), task, tuple(int(subnet) for subnet in chain.split(",") if subnet)


def found_scan(raw: Raw, scan: int) -> dict[str, Any]:
    at, record = f"scan:{scan}", raw[f"scan:{scan}"]
    flying = [raw[f"task:{task}"] for task in raw.get("leases", {})]
    flying = [f"{t['first']}:{t['last']}" for t in flying if t["scan"] == str(scan)]
    blocked = raw.get(f"{at}:blocked", {})
    counts = ("expired", "tasks_completed", "tasks_failed", "results")
    return {
        "status": record["status"],
        "receipt": int(record["receipt"]),
        "since": int(record["since"]),
        "started": "started" in record,
        "spent": "spent" in record,
        "rules": [int(record.get("rules", 0)), int(record.get("cuts", 0))],
        "open": [_opening(row) for row in open_of(raw, scan)],
        "blocked": {(blocked[row], *_opening(row)) for row in blocked},
        "in_flight": sorted(addresses(flying)),
        "done": sorted(addresses(raw.get(f"{at}:done", {}))),
        "failed": sorted(addresses(raw.get(f"{at}:failed", {}))),
        "excluded": sorted(addresses(raw.get(f"{at}:excluded", {}))),
        "dropped": int(record["dropped"]),
        "jobs": raw.get(f"{at}:jobs", {}),
        "counts": [int(record[name]) for name in counts],
        "batches": [_batch(row) for row in raw.get(f"{at}:results", [])],
    }


def _batch(row: dict[str, str]) -> tuple[int, int, int, bool]:
    return int(row["task"]), int(row["attempt"]), int(row["scanner"]), row["late"] == "1"


def expected_task(task: Task) -> dict[str, Any]:
    return {
        "scan": task.scan,
        "status": task.status,
        "attempt": task.attempt,
        "scanner": task.holders[-1],
        "strikes": task.strikes,
        "expires": task.expires if task.held else None,
        "stall_at": task.stall_at or None,
        "addresses": task.addresses,
        "batches": {a: n for a, n in task.batches.items() if a > task.attempt - 8},
        "subnets": task.subnets,
        "marks": (task.recut, task.cancel),
    }


def found_task(raw: Raw, task: int) -> dict[str, Any]:
    record = raw[f"task:{task}"]
    return {
        "scan": int(record["scan"]),
        "status": record["status"],
        "attempt": int(record["attempt"]),
        "scanner": int(record["scanner"]),
        "strikes": int(record.get("strikes", 0)),
        "expires": raw.get("leases", {}).get(str(task)),
        "stall_at": raw.get("stalls", {}).get(str(task)),
        "addresses": list(range(int(record["first"]), int(record["last"]))),
        "batches": {int(k[6:]): int(record[k]) for k in record if k.startswith("batch:")},
        "subnets": [int(subnet) for subnet in record.get("subnets", "").split(",") if subnet],
        "marks": (record.get("recut") == "1", record.get("cancel") == "1"),
    }
