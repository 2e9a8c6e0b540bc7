"""Budgets of probes per second: what is granted of each and to whom, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.records import Scan, Scanner, Task
from tests.model.world import LEAST_RATE, World

WAITS_MS = 30_000


@dataclass(frozen=True)
class Budget:
    """name: as scanners' waits have it; bound: what a task says that has its rate from it."""

    name: str
    limit: int
    bound: str

    @property
    def least(self) -> int:
        """Less of it is never granted."""
        return min(LEAST_RATE, self.limit)


def of_scan(scan: Scan) -> list[Budget]:
    return [Budget(f"scan:{scan.id}", scan.rate, "scan")] if scan.rate else []


def of_subnet(world: World, subnet: int) -> Budget:
    found = world.subnets[subnet]
    return Budget(f"subnet:{subnet}", found.rate, f"subnet {found.place.cidr}")


def of_chain(world: World, chain: tuple[int, ...]) -> list[Budget]:
    """Those of its subnets that there are still."""
    return [of_subnet(world, subnet) for subnet in chain if subnet in world.subnets]


def charged(world: World, task: Task) -> list[str]:
    """The budgets that a task in flight counts against."""
    names = [budget.name for budget in of_chain(world, tuple(task.subnets))]
    return [budget.name for budget in of_scan(world.scans[task.scan])] + names


def grants(world: World, name: str) -> dict[int, int]:
    """What of a budget each scanner has."""
    found: dict[int, int] = {}
    for task in world.tasks.values():
        if task.held and task.rate and name in charged(world, task):
            found[task.holders[-1]] = found.get(task.holders[-1], 0) + task.rate
    return found


def room(world: World, budget: Budget) -> int:
    return budget.limit - sum(grants(world, budget.name).values())


def has_room(world: World, subnet: int) -> bool:
    """A subnet that is gone limits nothing."""
    if subnet not in world.subnets:
        return True
    budget = of_subnet(world, subnet)
    return room(world, budget) >= budget.least


def waiting(world: World, name: str) -> set[int]:
    """Who found no room there, or too little, in the last half minute."""
    since = world.now - WAITS_MS
    return {one for one, wait in world.waiters.get(name, {}).items() if wait.asked > since}


def in_turn(world: World, name: str) -> list[int]:
    """All who wait, by when they began to."""
    waiters = world.waiters.get(name, {})
    return sorted(waiters, key=lambda one: (waiters[one].since, str(one)))


def forget(world: World, name: str) -> None:
    """Those that have not asked for half a minute wait no more."""
    for one in world.waiters.get(name, {}).keys() - waiting(world, name):
        del world.waiters[name][one]


def share(world: World, budget: Budget, me: Scanner) -> int:
    """Its part among those that hold some or wait; where that is too little, some have the least.

    Then they take turns: what there is, is first for those who began to wait before.
    """
    fresh = waiting(world, budget.name)
    sharers = grants(world, budget.name).keys() | fresh | {me.id}
    part = budget.limit // len(sharers)
    if part >= budget.least:
        return part
    forget(world, budget.name)
    turns = in_turn(world, budget.name)
    before = turns.index(me.id) if me.id in turns else len(turns)
    return budget.least if room(world, budget) >= budget.least * (before + 1) else 0


def on_offer(world: World, budget: Budget, me: Scanner) -> int:
    """What it may have: of what is left, up to its share."""
    mine = grants(world, budget.name).get(me.id, 0)
    return min(room(world, budget), share(world, budget, me) - mine)


def set_aside(world: World, scan: Scan, subnet: int) -> None:
    """The front of its open list waits for a subnet."""
    scan.blocked.append((subnet, scan.open.pop(0)))
    world.closed.setdefault(subnet, {})[scan.id] = scan.receipt
