"""Whose turn it is: the window of one claim, and what of each scan in it may be handed out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.model import budgets
from tests.model.budgets import Budget
from tests.model.records import Piece, Scan, Scanner
from tests.model.scans import withdraw
from tests.model.world import PREFER_OTHERS_MS, World

TURNED_AT_MOST, TURNED_OF_A_ROW = 16, 4


@dataclass
class Turns:
    """One look for work: its window, what each scan last gave, and which give nothing more."""

    request: str
    limit: int
    rows: list[Scan] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)
    handed: int = 0
    left: Scan | None = None
    given: dict[int, int] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    turned: dict[int, int] = field(default_factory=dict)
    made_room: bool = False


def open_window(world: World, me: Scanner, turns: Turns) -> None:
    """The first scans by receipt that it can do; one that it holds takes a place in any case.

    One that was passed over is not looked at again.
    """
    ready: dict[int, int] = {}
    for queue in me.queues:
        if not world.queues[queue].retired:
            for scan in world.queues[queue].ready:
                ready[scan] = max(ready.get(scan, 0), world.slots(queue))
    held = {task.scan for task in world.held_by(me.id)}
    looked_at = ready.keys() - turns.passed
    able = sorted((world.scans[s] for s in looked_at), key=lambda s: s.receipt)
    able = [scan for scan in able if me.can(scan.engine)]
    turns.rows, turns.slots = able[: max(0, me.job_capacity - len(held - looked_at))], ready
    turns.over, turns.turned = set(), {}


def next_turn(world: World, me: Scanner, turns: Turns) -> Scan | None:
    """The first scan after the last one's receipt, all around, of which it may have a task."""
    later = [scan for scan in turns.rows if scan.receipt > me.cursor]
    earlier = [scan for scan in turns.rows if scan.receipt <= me.cursor]
    if world.free_tasks(me) < 1 or world.free_targets(me) < 1 or turns.handed >= turns.limit:
        return None
    for scan in later + earlier:
        if scan.id not in turns.over and _is_for(world, me, turns, scan):
            return scan
        turns.over.add(scan.id)
    return None


def _is_for(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    may = may_take(world, me, turns, scan) and has_rate(world, me, turns, scan)
    return may and to_front(world, me, turns, scan)


def may_take(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """Job capacity; and at the end of a scan that many share, one task a claim."""
    held = {task.scan for task in world.held_by(me.id)}
    if not scan.open or (scan.id not in held and len(held) >= me.job_capacity):
        return False
    slots, last = turns.slots[scan.id], turns.given.get(scan.id)
    if last and slots > me.task_capacity:
        return math.ceil(len(scan.waiting) / last) >= slots
    return True


def has_rate(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """A scan whose rate is granted to others waits until some of it comes back."""
    for budget in budgets.of_scan(scan):
        if budgets.room(world, budget) < budget.least:
            scan.spent = turns.made_room = True
            withdraw(world, scan)
            note_refusal(turns, budget)
            return False
        if budgets.on_offer(world, budget, me) < budget.least:
            turns.passed.add(scan.id)
            note_refusal(turns, budget)
            return False
    return True


def to_front(world: World, me: Scanner, turns: Turns, scan: Scan) -> bool:
    """The first interval that it may have; the others go to the back, or wait for a subnet."""
    most = max(TURNED_OF_A_ROW, TURNED_AT_MOST // len(turns.rows))
    for _ in range(min(len(scan.open), most - turns.turned.get(scan.id, 0))):
        piece = scan.open[0]
        spent, short = [], []
        if not is_for_others(world, me, turns, scan, piece):
            spent, short = refusing(world, me, piece)
            if not spent + short:
                return True
            note_refusal(turns, (spent + short)[0])
        if spent:
            turns.made_room = True
            budgets.set_aside(world, scan, int(spent[0].name.split(":")[1]))
        else:
            scan.open.append(scan.open.pop(0))
        turns.turned[scan.id] = turns.turned.get(scan.id, 0) + 1
    if scan.open:
        turns.passed.add(scan.id)
    else:
        withdraw(world, scan)
    return False


def refusing(world: World, me: Scanner, piece: Piece) -> tuple[list[Budget], list[Budget]]:
    """The budgets of its subnets that are spent, and those of which it is to have less."""
    chain = budgets.of_chain(world, piece.chain)
    spent = [b for b in chain if budgets.room(world, b) < b.least]
    with_room = [b for b in chain if b not in spent]
    return spent, [b for b in with_room if budgets.on_offer(world, b, me) < b.least]


def is_for_others(world: World, me: Scanner, turns: Turns, scan: Scan, piece: Piece) -> bool:
    """It just failed here, and there are others."""
    task = world.tasks.get(piece.task or 0)
    recent = task and world.now - task.failed_at < PREFER_OTHERS_MS
    shared = turns.slots[scan.id] > me.task_capacity
    return bool(shared and task and recent and task.failed_by == me.id)


def note_refusal(turns: Turns, budget: Budget) -> None:
    """It found too little of a budget."""
    if budget.name not in turns.refused:
        turns.refused.append(budget.name)


def grant(world: World, me: Scanner, turns: Turns, scan: Scan) -> tuple[int | None, str]:
    """The rate of the task that is handed out of the interval in front, and what bounds it."""
    rows = sum(row.id not in turns.over for row in turns.rows)
    tasks = math.ceil(min(turns.limit - turns.handed, world.free_tasks(me)) / rows)
    tasks = max(1, min(tasks, len(scan.waiting)))
    ports = world.port_lists.get(scan.port_list or 0)
    bounds = [(me.set.get("rate"), "scanner"), (ports.rate if ports else None, "portList")]
    for budget in budgets.of_scan(scan) + budgets.of_chain(world, scan.open[0].chain):
        part = budgets.on_offer(world, budget, me) // tasks
        bounds.append((max(budget.least, part), budget.bound))
    known = [(rate, bound) for rate, bound in bounds if rate is not None]
    return min(known, key=lambda b: b[0]) if known else (None, "")
