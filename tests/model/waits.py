"""Who waits for a budget: scanners that were refused of late, and hold nothing of it."""

from __future__ import annotations

from tests.model.budgets import WAITS_MS, charged, grants, waiting
from tests.model.records import Scan, Scanner, Task
from tests.model.world import ACTIVE, Wait, World

WAITS_AT_MOST, CLOSED_AT_MOST = 16, 4


def is_free(world: World, me: Scanner) -> bool:
    return world.free_tasks(me) > 0 and world.free_targets(me) > 0


def settle_waits(world: World, me: Scanner, refused: list[str]) -> list[Scan]:
    """After a look: it waits for what refused it, and for what its closed scans wait for.

    Answers these scans; one that can take no more waits for nothing.
    """
    scans = _its_closed(world, me) if is_free(world, me) else []
    wanted = list(refused) if is_free(world, me) else []
    for scan in scans:
        wanted += _wanted(world, scan)
    waits = list(dict.fromkeys(wanted))[:WAITS_AT_MOST]
    for name in me.waits:
        if name not in waits:
            world.waiters.get(name, {}).pop(me.id, None)
    for name in waits:
        if me.id not in grants(world, name):
            enroll(world, name, me.id)
    me.waits, me.waited = waits, world.now if waits else 0
    return scans


def _its_closed(world: World, me: Scanner) -> list[Scan]:
    """The first closed scans of its queues of which it may have tasks."""
    held = {task.scan for task in world.held_by(me.id)}
    first = [scan for queue in me.queues for scan in closed(world, queue)[:CLOSED_AT_MOST]]
    may = [scan for scan in first if scan.id in held or len(held) < me.job_capacity]
    return [scan for scan in may if me.can(scan.engine)]


def closed(world: World, queue: str) -> list[Scan]:
    """The scans that would be ready there, if there were room in a budget, by receipt."""
    out = [s for s in world.scans.values() if s.jobs.get(queue) == "out" and s.status in ACTIVE]
    shut = [scan for scan in out if scan.spent or (scan.blocked and not scan.open)]
    return sorted(shut, key=lambda scan: scan.receipt)


def _wanted(world: World, scan: Scan) -> list[str]:
    """The budget that a closed scan waits for."""
    subnet = min((subnet for subnet, _ in scan.blocked), default=0)
    name = f"scan:{scan.id}" if scan.spent else f"subnet:{subnet}"
    return [name] if scan.spent or subnet in world.subnets else []


def enroll(world: World, name: str, scanner: int) -> None:
    """It waits, from now on or still; who has not asked for long is forgotten."""
    fresh = waiting(world, name)
    before = world.waiters.get(name, {})
    kept = {one: wait for one, wait in before.items() if one in fresh}
    since = kept[scanner].since if scanner in kept else world.now
    world.waiters[name] = {**kept, scanner: Wait(since, world.now)}


def was_served(world: World, task: Task) -> None:
    """Its holder has some of each of these now."""
    for name in charged(world, task):
        world.waiters.get(name, {}).pop(task.holders[-1], None)


def was_done_with(world: World, task: Task) -> None:
    """Who was refused more of what it had, and has nothing of it now, waits."""
    me = world.scanners[task.holders[-1]]
    for name in charged(world, task) if task.rate else []:
        wants = name in me.waits and me.waited > world.now - WAITS_MS
        if wants and me.id not in grants(world, name):
            before = world.waiters.setdefault(name, {}).get(me.id)
            world.waiters[name][me.id] = Wait(before.since if before else me.waited, me.waited)
