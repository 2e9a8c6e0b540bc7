"""What waited for a subnet comes back, when there is room again."""

from __future__ import annotations

from tests.model.budgets import has_room
from tests.model.places import Subnet
from tests.model.scans import come_back
from tests.model.world import World

BACK_AT_MOST = 16


def wake(world: World) -> bool:
    """Of subnets with room, or that were moved: at most 16 intervals; whether there may be more."""
    moves = BACK_AT_MOST
    moved = {subnet.id for subnet in world.subnets.values() if subnet.moved is not None}
    for subnet in sorted(moved | world.closed.keys()):
        if subnet in moved:
            moves -= look_at_moved(world, world.subnets[subnet], moves)
        while moves > 0 and subnet in world.closed and has_room(world, subnet):
            moves -= bring_back(world, subnet, first(world, subnet), moves)
        if moves == 0:
            return True
    return False


def look_at_moved(world: World, subnet: Subnet, most: int) -> int:
    """One interval of each scan that waits for it, so that a claim meets the scan."""
    scans = world.closed.get(subnet.id, {})
    later = sorted((receipt, scan) for scan, receipt in scans.items() if receipt > subnet.moved)
    for _, scan in later[:most]:
        bring_back(world, subnet.id, scan, 1)
    subnet.moved = later[most - 1][0] if len(later) >= most else None
    return len(later[:most])


def first(world: World, subnet: int) -> int:
    """The oldest scan of those that wait for it."""
    scans = world.closed[subnet]
    return min(scans, key=lambda scan: scans[scan])


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
