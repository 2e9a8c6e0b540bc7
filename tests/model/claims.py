"""Claims: promotion, the window, and turns; the product's slices are judged, not predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.model.leases import begin, sweep
from tests.model.presence import caller, hear
from tests.model.scans import place, withdraw
from tests.model.slices import Fair, Given, judge_rate, judge_size
from tests.model.world import (
    LEAST_RATE,
    PREFER_OTHERS_MS,
    Scan,
    Scanner,
    Task,
    Who,
    World,
)

SWEPT_A_CLAIM = 20
MOVED_AT_MOST = 16
TURNED_AT_MOST = 16
LOOKS_AT_MOST = 20


@dataclass
class Turns:
    """One claim: its window, and what each scan last gave."""

    rows: list[Scan]
    slots: dict[int, int]
    request: str
    given: dict[int, int] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)
    made_room: bool = False


def claim(world: World, who: Who, limit: int, request: str, *, answer: list[Given]) -> str:
    """Check the product's answer, and do the same."""
    me = caller(world, who)
    if me is None:
        return "StaleRecord"
    for _ in range(LOOKS_AT_MOST):
        if not look(world, me, limit, request, answer):
            return "ok"
    return "ok"


def look(world: World, me: Scanner, limit: int, request: str, answer: list[Given]) -> bool:
    """One look for work; whether it found none, and another look may."""
    hear(world, me)
    sweep(world, SWEPT_A_CLAIM)
    again = [t.id for t in world.held_by(me.id) if request and _is_again(t, request)]
    if again or me.drain or me.retired or me.wait_until > world.now:
        assert [given.task for given in answer] == sorted(again), "handed again"
        return False
    moves = MOVED_AT_MOST
    for queue in me.queues:
        moves = promote(world, queue, me, moves)
    turns = window(world, me, request)
    if next_turn(world, me, turns) is None and (moves == 0 or turns.made_room):
        return True
    hand_out(world, me, turns, limit, answer)
    return False


def _is_again(task: Task, request: str) -> bool:
    return task.status == "claimed" and task.request == request


def promote(world: World, name: str, me: Scanner, moves: int) -> int:
    """Jobs go in order from waiting to ready while there is room; answers the moves left."""
    queue = world.queues[name]
    if queue.retired:
        return moves
    if queue.lost_an_engine:
        _park(world, name)
    moves = _unpark(world, name, me, moves)
    room = world.capacity(name) - len(queue.ready)
    while room > 0 and moves > 0 and queue.waiting:
        moves -= 1
        scan = world.scans.get(queue.waiting.pop(0))
        if scan and name in scan.jobs:
            scan.jobs[name] = "out"
            room -= place(world, name, scan)
    return moves


def _unpark(world: World, name: str, me: Scanner, moves: int) -> int:
    parked = sorted(world.queues[name].parked, key=lambda s: world.scans[s].receipt)
    able = [scan for scan in parked if me.can(world.scans[scan].engine)][:moves]
    for scan in able:
        world.queues[name].parked.remove(scan)
        place(world, name, world.scans[scan])
    return moves - len(able)


def _park(world: World, name: str) -> None:
    for scan in sorted(world.queues[name].ready):
        world.queues[name].ready.remove(scan)
        place(world, name, world.scans[scan])
    world.queues[name].lost_an_engine = False


def hand_out(world: World, me: Scanner, turns: Turns, limit: int, answer: list[Given]) -> None:
    """Each task is the one whose turn it is, and none is left that could have been given."""
    assert len(answer) <= limit, "more than asked for"
    for given in answer:
        scan = next_turn(world, me, turns)
        assert scan is not None, f"{given} was nobody's turn"
        assert given.scan == scan.id, f"it was the turn of {scan.id}, not {given}"
        take(world, me, turns, scan, given)
    if len(answer) < limit:
        left = next_turn(world, me, turns)
        assert left is None, f"{left.id} was left" if left else ""


def window(world: World, me: Scanner, request: str) -> Turns:
    """The first scans by receipt that it can do; one that it holds takes a place in any case."""
    ready: dict[int, int] = {}
    for queue in me.queues:
        if not world.queues[queue].retired:
            for scan in world.queues[queue].ready:
                ready[scan] = max(ready.get(scan, 0), world.slots(queue))
    held = {task.scan for task in world.held_by(me.id)}
    able = sorted((world.scans[s] for s in ready), key=lambda s: s.receipt)
    able = [scan for scan in able if me.can(scan.engine)]
    return Turns(able[: max(0, me.job_capacity - len(held - set(ready)))], ready, request)


def next_turn(world: World, me: Scanner, turns: Turns) -> Scan | None:
    """The first scan after the last one's receipt, all around, of which it may have a task."""
    later = [scan for scan in turns.rows if scan.receipt > me.cursor]
    earlier = [scan for scan in turns.rows if scan.receipt <= me.cursor]
    if world.free_tasks(me) < 1 or world.free_targets(me) < 1:
        return None
    for scan in later + earlier:
        if scan.id not in turns.passed and _is_for(world, me, turns, scan):
            return scan
        turns.passed.add(scan.id)
    return None


def _is_for(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    may = may_take(world, me, turns, scan) and has_rate(world, turns, scan)
    return may and turn_to_front(world, me, turns, scan)


def may_take(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """Job capacity; and at the end of a scan that many share, one task a claim."""
    held = {task.scan for task in world.held_by(me.id)}
    if not scan.open or (scan.id not in held and len(held) >= me.job_capacity):
        return False
    slots, last = turns.slots[scan.id], turns.given.get(scan.id)
    if last and slots > me.task_capacity:
        return math.ceil(len(scan.waiting) / last) >= slots
    return True


def has_rate(world: World, turns: Turns, scan: Scan) -> bool:
    """A scan whose rate is granted to others waits until some of it comes back."""
    if scan.rate is None or scan.rate - world.granted(scan.id) >= min(LEAST_RATE, scan.rate):
        return True
    scan.spent = turns.made_room = True
    withdraw(world, scan)
    return False


def turn_to_front(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """What just failed here is for others, if there are any: it goes to the back."""
    shared = turns.slots[scan.id] > me.task_capacity
    for _ in range(min(TURNED_AT_MOST, len(scan.open))):
        task = world.tasks.get(scan.open[0].task or 0)
        recent = task and world.now - task.failed_at < PREFER_OTHERS_MS
        if not (shared and task and recent and task.failed_by == me.id):
            return True
        scan.open.append(scan.open.pop(0))
    return False


def take(world: World, me: Scanner, turns: Turns, scan: Scan, given: Given) -> None:
    """The slice is the front of the first piece, of a fair size."""
    piece, size = scan.open[0], given.last - given.first
    assert given.first == piece.addresses[0], f"{given} is not the front of {piece}"
    assert given.last - 1 in piece.addresses, f"{given} is not within {piece}"
    speed = judge_rate(world, me, scan, given)
    if piece.task is None:
        judge_size(world, me, scan, size, Fair(speed, turns.slots[scan.id]))
        world.tasks[given.task] = Task(world.fresh_id(given.task), scan.id)
    else:
        assert given.task == piece.task, f"{given} is not {piece.task}"
        assert size == min(len(piece.addresses), world.free_targets(me)), f"{given} is not all"
    task = world.tasks[given.task]
    task.addresses, rest = piece.addresses[:size], piece.addresses[size:]
    task.rate = given.rate or 0
    begin(world, task, me.id, turns.request, math.ceil(size * scan.ports * 1000 / speed))
    assert given.attempt == task.attempt, f"{given}, yet it is attempt {task.attempt}"
    piece.addresses, piece.task = rest, None
    if not rest:
        scan.open.pop(0)
    if not scan.open:
        withdraw(world, scan)
    turns.given[scan.id], me.cursor = size, scan.receipt
