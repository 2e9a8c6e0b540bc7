"""Where a scan is cut: by what holds of each of its addresses, one by one."""

from __future__ import annotations

from itertools import groupby

from tests.model.budgets import grants
from tests.model.records import Piece, Scan, Task
from tests.model.scans import come_back, settle, withdraw
from tests.model.waits import was_served
from tests.model.world import ACTIVE, World

Chain = tuple[int, ...] | None


def chain_of(world: World, address: int) -> Chain:
    """The subnets that hold an address, outermost first; None: it is not to be scanned."""
    scopes = world.scopes.values()
    if any(place.holds(address) for place in world.exclusions.values()):
        return None
    if scopes and not any(place.holds(address) for place in scopes):
        return None
    holding = [s for s in world.subnets.values() if s.place.holds(address)]
    return tuple(s.id for s in sorted(holding, key=lambda s: -s.place.size))


def cut(world: World, scan: Scan, indices: list[int]) -> list[tuple[Chain, list[int]]]:
    """Indices in a row, in pieces that are alike."""
    alike = groupby(indices, key=lambda index: chain_of(world, scan.where[index]))
    return [(chain, list(part)) for chain, part in alike]


def is_stale(world: World, scan: Scan) -> bool:
    """Whether it is to be cut anew before anything else is done with it."""
    return scan.status in ACTIVE and scan.rules != world.rules


def recut(world: World, scan: Scan) -> None:
    """What is open is cut as the rules are now, and what is in flight learns of them."""
    if not is_stale(world, scan):
        return
    pieces, scan.open, scan.blocked = scan.pieces, [], []
    for piece in pieces:
        task = piece.task  # the first part that may be scanned keeps it
        for chain, part in cut(world, scan, piece.addresses):
            if chain is None:
                scan.excluded.update(part)
            else:
                scan.open.append(Piece(part, task, chain))
                task = None
        if task is not None:
            world.tasks[task].status = "canceled"
    for held in world.held_of(scan.id):
        adopt(world, held, cut(world, scan, held.addresses))
    scan.rules, scan.cuts = world.rules, scan.cuts + 1
    withdraw(world, scan)
    come_back(world, scan)
    settle(world, scan)


def adopt(world: World, task: Task, parts: list[tuple[Chain, list[int]]]) -> None:
    """A task in flight counts against every subnet that it is in, also those that are new."""
    chains = [chain for chain, _ in parts]
    task.cancel |= None in chains
    task.subnets = [subnet for subnet in task.subnets if subnet in world.subnets]
    touched = [subnet for chain in chains for subnet in chain or ()]
    for subnet in dict.fromkeys(touched):
        if subnet not in task.subnets:
            task.subnets.append(subnet)
            found = world.subnets[subnet]
            if task.rate:
                was_served(world, task)
                found.peak = max(found.peak, sum(grants(world, f"subnet:{subnet}").values()))
    task.recut |= chains != [tuple(task.subnets)]
