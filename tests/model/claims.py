"""Claims: the product's slices are judged, all else is predicted."""

from __future__ import annotations

import math

from tests.model import budgets
from tests.model.cutting import chain_of, is_stale, recut
from tests.model.leases import begin, is_due, sweep
from tests.model.parking import has_looked
from tests.model.presence import caller, hear
from tests.model.promotion import promote
from tests.model.records import Scan, Scanner, Task, Who
from tests.model.scans import withdraw
from tests.model.slices import Fair, Given, judge_rate, judge_size
from tests.model.turns import Turns, grant, next_turn, open_window
from tests.model.waits import is_free, settle_waits
from tests.model.waking import wake
from tests.model.world import World

SWEPT_A_CLAIM = 20
MOVED_AT_MOST = 16
LOOKS_AT_MOST = 20
WINDOWS_AT_MOST = 4


def claim(
    world: World,
    who: Who,
    limit: int,
    request: str,
    park: tuple[str, int] | None = None,
    *,
    answer: list[Given],
) -> str:
    """Check the product's answer, and do the same. park: where it waits if there is nothing."""
    me = caller(world, who)
    if me is None:
        return "StaleRecord"
    look_until_done(world, me, Turns(request, limit), answer)
    if park:
        has_looked(world, me, park, found=bool(answer))
    return "ok"


def look_until_done(world: World, me: Scanner, asked: Turns, answer: list[Given]) -> None:
    """Scans in the way are cut anew; where there may be more, it looks again."""
    looks = 0
    while looks < LOOKS_AT_MOST:
        hear(world, me)
        if is_due(world):
            sweep(world, SWEPT_A_CLAIM)
        turns = Turns(asked.request, asked.limit)
        found = look(world, me, turns, answer)
        assert turns.left is None, f"{turns.left} was left"
        if found == "nothing":
            return
        looks = 0 if found == "recut" else looks + 1


def look(world: World, me: Scanner, turns: Turns, answer: list[Given]) -> str:
    """One look for work: whether a scan was cut anew, or there may be more, or nothing.

    Or a task was left that the answer does not have.
    """
    again = _again(world, me, turns.request)
    for task in again:
        if is_stale(world, world.scans[task.scan]):
            recut(world, world.scans[task.scan])
            return "recut"
    again = [task for task in again if not task.cancel]
    if again or me.drain or me.retired or me.wait_until > world.now:
        assert [given.task for given in answer] == [task.id for task in again], "handed again"
        return "nothing"
    turns.made_room = wake(world)
    moves = MOVED_AT_MOST
    for queue in me.queues:
        moves = promote(world, queue, me, moves)
    stale = search(world, me, turns, answer)
    if turns.left:
        return "left"
    if stale is None:
        waits_for = settle_waits(world, me, turns.refused)
        stale = next((s for s in waits_for if is_stale(world, s)), None)
    if stale and not turns.handed:
        recut(world, stale)
        return "recut"
    if not turns.handed and (moves == 0 or turns.made_room):
        return "more"
    assert len(answer) == turns.handed, f"{answer[turns.handed :]} were nobody's turn"
    return "nothing"


def _again(world: World, me: Scanner, request: str) -> list[Task]:
    """What this request was given and did not start."""
    held = [task for task in world.held_by(me.id) if request and task.request == request]
    return sorted((t for t in held if t.status == "claimed"), key=lambda task: task.id)


def search(world: World, me: Scanner, turns: Turns, answer: list[Given]) -> Scan | None:
    """Through the windows; a scan that is to be cut anew first."""
    for _ in range(WINDOWS_AT_MOST if is_free(world, me) else 0):
        open_window(world, me, turns)
        for scan in turns.rows:
            if is_stale(world, scan):
                return scan
        hand_out(world, me, turns, answer)
        if turns.handed or turns.left or not turns.passed:
            break
    return None


def hand_out(world: World, me: Scanner, turns: Turns, answer: list[Given]) -> None:
    """Each task is the one whose turn it is; turns.left is what could have been given as well."""
    while scan := next_turn(world, me, turns):
        if turns.handed == len(answer):
            turns.left = scan
            return
        given = answer[turns.handed]
        assert given.scan == scan.id, f"it was the turn of {scan.id}, not {given}"
        take(world, me, turns, scan, given)
        turns.handed += 1


def take(world: World, me: Scanner, turns: Turns, scan: Scan, given: Given) -> None:
    """The slice is the front of the first piece, of a fair size, and within every budget."""
    piece, size = scan.open[0], given.last - given.first
    limits = budgets.of_scan(scan) + budgets.of_chain(world, piece.chain)
    assert given.first == piece.addresses[0], f"{given} is not the front of {piece}"
    assert given.last - 1 in piece.addresses, f"{given} is not within {piece}"
    assert all(chain_of(world, scan.where[i]) == piece.chain for i in piece.addresses[:size])
    speed = judge_rate(me, given, *grant(world, me, turns, scan))
    if piece.task is None or limits:
        judge_size(world, me, scan, size, Fair(speed, turns.slots[scan.id]))
    else:
        assert size == min(len(piece.addresses), world.free_targets(me)), f"{given} is not all"
    if piece.task is None:
        world.tasks[given.task] = Task(world.fresh_id(given.task), scan.id)
    assert piece.task in {None, given.task}, f"{given} is not {piece.task}"
    task = world.tasks[given.task]
    task.addresses, rest = piece.addresses[:size], piece.addresses[size:]
    task.rate, task.subnets = given.rate or 0, list(piece.chain)
    begin(world, task, me.id, turns.request, math.ceil(size * scan.ports * 1000 / speed))
    assert given.attempt == task.attempt, f"{given}, yet it is attempt {task.attempt}"
    assert all(budgets.room(world, budget) >= 0 for budget in limits), f"{given} is too much"
    piece.addresses, piece.task = rest, None
    if not rest:
        scan.open.pop(0)
    if not scan.open:
        withdraw(world, scan)
    turns.given[scan.id], me.cursor, me.served = size, scan.receipt, world.now
