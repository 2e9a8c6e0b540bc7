"""What operators ask for: scans."""

from __future__ import annotations

from typing import Any

from tests.model.asked import Answer, Asked, made, repeated
from tests.model.cutting import chain_of, cut
from tests.model.records import Piece, Scan
from tests.model.scans import come_back, set_status, settle, withdraw
from tests.model.world import ACTIVE, FINISHED, STALL_MS, World


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
    again, kept = repeated(world, asked), _kept(world, segments)
    if kept is None:
        return "Invalid"
    if again is not None:
        return again
    if spec["port_list"] and spec["port_list"] not in world.port_lists:
        return "Invalid"
    if any(q not in world.queues or world.queues[q].retired for q in queues):
        return "Invalid"
    assert answer is not None, "a good scan was refused"
    world.receipts += 1
    number, where = world.fresh_id(answer[0]), [a for part in kept for a in part]
    scan = Scan(number, world.receipts, where, since=world.now, rules=world.rules, **spec)
    for i, part in enumerate(kept):
        first = sum(map(len, kept[:i]))
        for chain, piece in cut(world, scan, list(range(first, first + len(part)))):
            scan.open.append(Piece(piece, None, chain or ()))
    world.scans[number] = scan
    for queue in queues:
        scan.jobs[queue] = "listed"
        world.queues[queue].waiting.append(number)
    return made(world, asked, number)


def _kept(world: World, segments: list[int]) -> list[list[int]] | None:
    """What of each segment is not excluded; None where nothing is, or some is in no scope."""
    kept = []
    for i in range(len(segments)):
        wanted = range(sum(segments[:i]), sum(segments[: i + 1]))
        excluded = {a for place in world.exclusions.values() for a in wanted if place.holds(a)}
        part = [address for address in wanted if address not in excluded]
        if any(chain_of(world, address) is None for address in part):
            return None
        kept += [part] if part else []
    return kept or None


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
        found.blocked.clear()
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
