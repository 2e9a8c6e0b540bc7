"""What waited for a subnet comes back, when there is room again."""

from __future__ import annotations

from tests.model.budgets import has_room
from tests.model.scans import come_back
from tests.model.world import World

BACK_AT_MOST = 16


def wake(world: World) -> None:
    """Of subnets with room, the oldest first: at most 16 intervals a claim."""
    moves = BACK_AT_MOST
    for subnet in sorted(world.closed):
        while moves > 0 and subnet in world.closed and has_room(world, subnet):
            moves -= bring_back(world, subnet, moves)


def bring_back(world: World, subnet: int, most: int) -> int:
    """The intervals of its first scan, to the front of the open list; to look at it counts too."""
    scans = world.closed[subnet]
    first = min(scans, key=lambda scan: scans[scan])
    scan = world.scans.get(first)
    mine = [piece for wanted, piece in scan.blocked if wanted == subnet] if scan else []
    back = sorted(mine, key=lambda piece: piece.text)[:most]
    if scan and back:
        was_empty = not scan.open
        scan.blocked = [(s, p) for s, p in scan.blocked if p not in back]
        scan.open = back + scan.open
        if was_empty:
            come_back(world, scan)
    if len(back) == len(mine):
        del scans[first]
        if not scans:
            del world.closed[subnet]
    return max(1, len(back))
