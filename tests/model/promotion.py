"""How jobs come from the waiting lists to ready, and ready scans to be parked and back."""

from __future__ import annotations

from tests.model.records import Scanner
from tests.model.scans import place
from tests.model.world import World


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
