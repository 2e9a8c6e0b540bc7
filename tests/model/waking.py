"""What waited for a subnet comes back, when there is room again."""

from __future__ import annotations

from tests.model.budgets import has_room
from tests.model.scans import come_back
from tests.model.world import World

BACK_AT_MOST = 16


def wake(world: World) -> None:
    """Of subnets with room, and what was cut before one was moved: at most 16 intervals a claim."""
    moves = BACK_AT_MOST
    for subnet in sorted(world.closed):
        scans = world.closed[subnet]
        for scan in sorted(scans, key=lambda scan: scans[scan]):
            if moves > 0 and (has_room(world, subnet) or is_from_before(world, scan, subnet)):
                moves -= bring_back(world, subnet, scan, moves)


def is_from_before(world: World, scan: int, subnet: int) -> bool:
    """Whether it is still cut as the subnet was before it was moved."""
    found = world.scans.get(scan)
    return 0 <= (found.rules if found else 0) < world.subnets[subnet].moved


def bring_back(world: World, subnet: int, number: int, most: int) -> int:
    """The scan's intervals, to the front of the open list; to look at it counts too."""
    scans, scan = world.closed[subnet], world.scans.get(number)
    mine = [piece for wanted, piece in scan.blocked if wanted == subnet] if scan else []
    back = sorted(mine, key=lambda piece: piece.text)[:most]
    if scan and back:
        was_empty = not scan.open
        scan.blocked = [(s, p) for s, p in scan.blocked if p not in back]
        scan.open = back + scan.open
        if was_empty:
            come_back(world, scan)
    if len(back) == len(mine):
        del scans[number]
        if not scans:
            del world.closed[subnet]
    return max(1, len(back))
