"""What operators ask for: scans."""

from __future__ import annotations

from typing import Any

from tests.model.asked import Answer, Asked, made, repeated
from tests.model.scans import come_back, set_status, settle, withdraw
from tests.model.world import ACTIVE, FINISHED, STALL_MS, Piece, Scan, World


def create_scan(
    world: World,
    queues: list[str],
    segments: list[int],
    spec: dict[str, Any],
    asked: Asked,
    *,
    answer: Answer,
) -> Any:
    """A scan goes to the end of its queues, under one receipt."""
    again = repeated(world, asked)
    if again is not None:
        return again
    if any(q not in world.queues or world.queues[q].retired for q in queues):
        return "Invalid"
    assert answer is not None, "a good scan was refused"
    world.receipts += 1
    number, total = world.fresh_id(answer[0]), sum(segments)
    scan = Scan(number, world.receipts, total, since=world.now, **spec)
    for i, size in enumerate(segments):
        first = sum(segments[:i])
        scan.open.append(Piece(list(range(first, first + size))))
    world.scans[number] = scan
    for queue in queues:
        scan.jobs[queue] = "listed"
        world.queues[queue].waiting.append(number)
    return made(world, asked, number)


def pause_scan(world: World, scan: int) -> str:
    """Nothing more is handed out; what is out stays out."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status in ACTIVE:
        withdraw(world, found)
        set_status(world, found, "pausing" if world.held_of(scan) else "paused")
    return "ok" if found.status in {"pausing", "paused"} else "InvalidTransition"


def resume_scan(world: World, scan: int) -> str:
    """Handed out again, from its old place."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status not in {"pausing", "paused"}:
        return "InvalidTransition"
    set_status(world, found, "running" if found.started else "pending")
    found.active = world.now
    come_back(world, found)
    return "ok"


def cancel_scan(world: World, scan: int) -> str:
    """What is open is dropped; the scan ends with what is out."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status in {"completed", "failed"}:
        return "InvalidTransition"
    if found.status not in {"canceling", "canceled"}:
        withdraw(world, found)
        found.dropped.update(found.waiting)
        found.open.clear()
        set_status(world, found, "canceling")
        settle(world, found)
    return "ok"


def delete_scan(world: World, scan: int) -> str:
    """A finished scan is forgotten, with its tasks."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status not in FINISHED:
        return "InvalidTransition"
    del world.scans[scan]
    kept = [task.id for task in world.tasks.values() if task.scan == scan]
    world.alarms -= {f"task-quarantined:{task}" for task in kept}
    world.tasks = {i: task for i, task in world.tasks.items() if task.scan != scan}
    return "ok"


def check_scans(world: World) -> str:
    """A running scan that does not move raises an alarm."""
    for scan in [] if world.has_grace else world.scans.values():
        if scan.status == "running":
            alarm = f"scan-stalled:{scan.id}"
            stalled = world.now - (scan.active or scan.since) > STALL_MS
            (world.alarms.add if stalled else world.alarms.discard)(alarm)
    return "ok"
