"""How leases begin and end."""

from __future__ import annotations

from tests.model.records import Piece, Task
from tests.model.scans import come_back, reopen, settle
from tests.model.waits import was_done_with, was_served
from tests.model.world import AWAY_MS, CLAIM_MS, CUT_ANEW, LEASE_MS, LOOK_MS, MAX_TASK_MS, World


def begin(world: World, task: Task, scanner: int, request: str, expected: int) -> None:
    """A slice is handed out: merely claimed."""
    task.holders.append(scanner)
    task.status, task.said, task.request = "claimed", "", request
    task.expires, task.stall_at, task.stalled = world.now + CLAIM_MS, 0, False
    task.expected, task.progress = expected, 0
    task.recut = task.cancel = False
    was_served(world, task)


def end(world: World, task: Task, status: str) -> None:
    """Whoever ends it, its capacity is free: here that follows from the status."""
    task.status, task.stall_at, task.stalled = status, 0, False
    world.alarms.discard(f"task-stalled:{task.id}")
    was_done_with(world, task)
    scan = world.scans[task.scan]
    if task.rate and scan.spent:
        scan.spent = False
        come_back(world, scan)


def finish(world: World, task: Task, status: str) -> None:
    """A task's last word: its addresses are done, or failed."""
    scan = world.scans[task.scan]
    end(world, task, status)
    if status == "completed":
        scan.done.update(task.addresses)
        scan.completed += 1
    else:
        scan.failed.update(task.addresses)
        scan.failures += 1


def give_back(world: World, task: Task, status: str, done: int = 0) -> None:
    """The first `done` addresses are done, the rest is open again under the same task."""
    scan = world.scans[task.scan]
    end(world, task, status)
    scan.done.update(task.addresses[:done])
    rest = task.addresses[done:]
    if reopen(world, scan, Piece(rest, task.id, tuple(task.subnets))):
        task.addresses = rest
        if task.recut:
            scan.rules = CUT_ANEW
    else:
        task.status = "canceled"


def take_back(world: World, task: Task) -> None:
    """A lease ran out: a strike if it was running; after the last one the task has failed."""
    scan = world.scans[task.scan]
    scan.expired += 1
    task.strikes += task.status == "running"
    if task.strikes >= scan.max_attempts:
        finish(world, task, "failed")
        task.taken = True
        world.alarms.add(f"task-quarantined:{task.id}")
    else:
        give_back(world, task, "expired")
    settle(world, scan)


def is_due(world: World) -> bool:
    """Whether a sweep has something to do: it is looked at once a second, and then this was one."""
    if world.swept is not None and world.now - world.swept < LOOK_MS:
        return False
    late = world.swept is not None and world.now - world.swept > AWAY_MS
    if late and world.now >= world.grace + AWAY_MS:
        return True
    if not world.has_grace and due_leases(world):
        return True
    world.swept = world.now
    return False


def sweep(world: World, most: int) -> None:
    """Leases that ran out are taken back, oldest first; after a silence they first get more."""
    swept = world.now if world.swept is None else world.swept
    if world.now - swept > AWAY_MS and world.now >= world.grace + AWAY_MS:
        world.grace = world.now + LEASE_MS
    due = [] if world.has_grace else due_leases(world)[:most]
    world.swept = world.now - (LOOK_MS if len(due) == most else 0)
    for task in due:
        take_back(world, task)


def due_leases(world: World) -> list[Task]:
    """Those that ran out, oldest first."""
    due = [t for t in world.tasks.values() if t.held and t.expires <= world.now]
    return sorted(due, key=lambda t: (t.expires, t.id))


def check_stalls(world: World) -> str:
    """Without progress: an alarm first, then taken back; not by time when the store was away."""
    if world.has_grace:
        return "ok"
    due = [t for t in world.tasks.values() if t.held and t.stall_at and t.stall_at <= world.now]
    for task in sorted(due, key=lambda t: (t.stall_at, t.id)):
        if task.stalled:
            take_back(world, task)
        else:
            task.stalled = True
            task.stall_at = world.now + max(MAX_TASK_MS, 3 * task.expected)
            world.alarms.add(f"task-stalled:{task.id}")
    return "ok"


def sweep_all(world: World) -> str:
    """Upkeep's own sweep."""
    sweep(world, 10**9)
    return "ok"
