"""Who is to be called: what parked polls may be promised, from the model's own claims."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

from tests.model.dues import due, failed_lately, tasks_for_anyone, tasks_in
from tests.model.parking import parked, take_calls
from tests.model.records import Poll, Scan, Scanner, Task
from tests.model.world import Name, World


@dataclass(frozen=True)
class Before:
    """What a call met: the parked polls, what their scanners could take, and what was out."""

    polls: dict[int, Poll]
    means: dict[int, tuple[object, ...]]
    attempts: int
    out: dict[int, tuple[int, int]]  # attempt, and as how many tasks it may come back
    cuts: dict[int, int]

    @classmethod
    def of(cls, world: World) -> Before:
        waiting = parked(world)
        polls = {me.id: me.poll for me in waiting if me.poll}
        held = [task for task in world.tasks.values() if task.held]
        out = {task.id: (task.attempt, _tasks_of(world, task)) for task in held}
        cuts = {scan.id: scan.cuts for scan in world.scans.values()}
        return cls(polls, {me.id: means(world, me) for me in waiting}, attempts(world), out, cuts)


def means(world: World, me: Scanner) -> tuple[object, ...]:
    """What it could take by itself, whatever there is."""
    held = tuple(sorted(task.scan for task in world.held_by(me.id)))
    was_away = world.queues[f"s{me.id}"].lost_an_engine
    state = (me.auth, me.available, was_away, me.engines, me.wait_until, tuple(me.groups), held)
    return (*state, world.free_tasks(me), world.free_targets(me), me.job_capacity)


def attempts(world: World) -> int:
    return sum(task.attempt for task in world.tasks.values())


def check_calls(world: World, before: Before, calls: list[Name]) -> None:
    """They are right, not too many, in order, and none is missing."""
    take_calls(world, before.polls, calls)
    known = [world.scanners[scanner] for scanner, _ in calls if scanner in world.scanners]
    for_work = [me for me in known if means(world, me) == before.means[me.id]]
    not_too_many(world, before, for_work)
    in_order(world, before, for_work)
    nobody_is_forgotten(world)


def not_too_many(world: World, before: Before, called: list[Scanner]) -> None:
    """No more than there are tasks, but for those that may take more than they could.

    Those that wait for a share of a budget are called as well when some of it comes back. A task
    that came back before its scan was cut anew, and was handed out or gone after that, was there
    as well, as often as its addresses make tasks.
    """
    called = [me for me in called if not me.waits]
    queues = {queue for me in called for queue in me.queues}
    scans = [scan for scan in world.scans.values() if queues & set(scan.jobs)]
    handed = max(0, attempts(world) - before.attempts)
    back = sum(_came_back(world, before, task) for task in world.tasks.values())
    most = sum(tasks_in(scan) for scan in scans) + handed + back
    assert len(called) <= most, f"{len(called)} are called, and there are {most} tasks"


def _came_back(world: World, before: Before, task: Task) -> int:
    """As how many tasks it came back in this call, that are nowhere else now."""
    attempt, tasks = before.out.get(task.id, (0, 0))
    is_cut_anew = world.scans[task.scan].cuts != before.cuts.get(task.scan)
    if task.held:
        return tasks if is_cut_anew and task.attempt != attempt else 0
    return tasks if is_cut_anew else min(1, tasks)


def _tasks_of(world: World, task: Task) -> int:
    return math.ceil(len(task.addresses) / (world.scans[task.scan].size or 1))


def in_order(world: World, before: Before, called: list[Scanner]) -> None:
    """Of two that would have a task of the same scan, the one that was served longer ago."""
    left = [me for me in parked(world) if me.id in before.polls and me.id not in world.excused]
    for first, other in product(called, left):
        if other.served < first.served:
            scan = due(world, first)
            assert scan is None or scan is not due(world, other), (
                f"{other.id} was before {first.id}"
            )


def nobody_is_forgotten(world: World) -> None:
    """Nobody stays parked for whom there is work, unless as many others were called for it."""
    for me in parked(world):
        scan = due(world, me) if me.id not in world.excused else None
        if scan and any(failed_lately(world, piece) for piece in scan.open):
            continue  # its failure may have been its own: others are preferred for some time
        if scan:
            others = called_for(world, scan) if scan.open else world.called
            assert len(others) >= tasks_for_anyone(world, scan), (
                f"{me.id} waits, and may have a task of {scan.id}"
            )


def excuse(world: World) -> None:
    """What time alone has brought is found when the poll looks again by itself."""
    world.excused |= {me.id for me in parked(world) if due(world, me)}


def called_for(world: World, scan: Scan) -> list[Name]:
    """Those that were called, have not claimed yet, and may have a task of it."""
    queues = set(scan.jobs)
    known = [name for name in world.called if name[0] in world.scanners]
    return [name for name in known if queues & set(world.scanners[name[0]].queues)]
