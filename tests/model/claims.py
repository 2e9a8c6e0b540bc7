"""Claims: promotion, the window, and turns; the product's slices are judged, not predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.model.leases import begin, sweep
from tests.model.presence import caller, hear
from tests.model.scans import place, withdraw
from tests.model.world import DEFAULT_RATE, TASK_SECONDS, Scan, Scanner, Task, Who, World

SWEPT_A_CLAIM = 20
MOVED_AT_MOST = 16


@dataclass(frozen=True)
class Given:
    """A task as the product answered it."""

    task: int
    attempt: int
    scan: int
    first: int
    last: int
    rate: int | None


@dataclass(frozen=True)
class Fair:
    """What a fair size follows from: probes per second, and the task slots that share a scan."""

    speed: int
    slots: int


@dataclass
class Turns:
    """One claim: its window, and what each scan last gave."""

    rows: list[Scan]
    slots: dict[int, int]
    request: str
    given: dict[int, int] = field(default_factory=dict)


def claim(world: World, who: Who, limit: int, request: str, *, answer: list[Given]) -> str:
    """Check the product's answer, and do the same."""
    me = caller(world, who)
    if me is None:
        return "StaleRecord"
    hear(world, me)
    sweep(world, SWEPT_A_CLAIM)
    again = [t.id for t in world.held_by(me.id) if request and _is_again(t, request)]
    if again or me.drain or me.wait_until > world.now:
        assert [given.task for given in answer] == sorted(again), "handed again"
        return "ok"
    for queue in me.queues:
        promote(world, queue, me)
    hand_out(world, me, limit, request, answer)
    return "ok"


def _is_again(task: Task, request: str) -> bool:
    return task.status == "claimed" and task.request == request


def promote(world: World, name: str, me: Scanner) -> None:
    """Jobs go in order from waiting to ready while there is room."""
    queue = world.queues[name]
    if queue.retired:
        return
    _unpark(world, name, me)
    if queue.lost_an_engine:
        _park(world, name)
    room = world.capacity(name) - len(queue.ready)
    for _ in range(MOVED_AT_MOST):
        if room <= 0 or not queue.waiting:
            return
        scan = world.scans.get(queue.waiting.pop(0))
        if scan and name in scan.jobs:
            scan.jobs[name] = "out"
            room -= place(world, name, scan)


def _unpark(world: World, name: str, me: Scanner) -> None:
    for scan in sorted(world.queues[name].parked):
        if me.can(world.scans[scan].engine):
            world.queues[name].parked.remove(scan)
            place(world, name, world.scans[scan])


def _park(world: World, name: str) -> None:
    for scan in sorted(world.queues[name].ready):
        world.queues[name].ready.remove(scan)
        place(world, name, world.scans[scan])
    world.queues[name].lost_an_engine = False


def hand_out(world: World, me: Scanner, limit: int, request: str, answer: list[Given]) -> None:
    """Each task is the one whose turn it is, and none is left that could have been given."""
    turns = window(world, me, request)
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
    return next((s for s in later + earlier if may_take(world, me, turns, s)), None)


def may_take(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """Capacities; and at the end of a scan that many share, one task a claim."""
    held = {task.scan for task in world.held_by(me.id)}
    if not scan.open or world.free_tasks(me) < 1 or world.free_targets(me) < 1:
        return False
    if scan.id not in held and len(held) >= me.job_capacity:
        return False
    if scan.rate and world.granted(scan.id) >= scan.rate:
        return False
    slots, last = turns.slots[scan.id], turns.given.get(scan.id)
    if last and slots > me.task_capacity:
        return math.ceil(len(scan.waiting) / last) >= slots
    return True


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


def judge_rate(world: World, me: Scanner, scan: Scan, given: Given) -> int:
    """A rate within every limit; none where there is no limit. Answers the speed to reckon by."""
    left = scan.rate and scan.rate - world.granted(scan.id)
    limits = [limit for limit in (me.set.get("rate"), left) if limit is not None]
    assert (given.rate is not None) == bool(limits), f"{given} under {limits}"
    assert given.rate is None or 1 <= given.rate <= min(limits), f"{given} above {limits}"
    return given.rate or DEFAULT_RATE


def judge_size(world: World, me: Scanner, scan: Scan, size: int, fair: Fair) -> None:
    """HostsPerTask exactly where it fits; else by time, by free capacity, shrinking at the end."""
    free = world.free_targets(me)
    front = len(scan.open[0].addresses)
    if scan.size:
        assert size == min(scan.size, free, front), f"size {size} for hostsPerTask {scan.size}"
        return
    by_time = max(1, TASK_SECONDS * fair.speed // scan.ports)
    room = math.ceil(free / world.free_tasks(me))
    waiting = len(scan.waiting)
    a_second = max(1, fair.speed // scan.ports)
    assert size <= min(front, by_time, room, max(math.ceil(waiting / fair.slots), a_second)), (
        "large"
    )
    assert size >= min(front, by_time, room, math.ceil(waiting / (2 * fair.slots))), "small"
