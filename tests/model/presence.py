"""Who is there: what a contact, a silence or a changed record does to the queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.model.records import Scanner, Who
from tests.model.world import OFFLINE_MS, World


@contextmanager
def change_of_presence(world: World) -> Iterator[None]:
    """A queue remembers that it lost an engine, until a claim has parked what needs it."""
    before = {name: world.engines(name) for name in world.queues}
    yield
    for name, engines in before.items():
        if name in world.queues and engines - world.engines(name):
            world.queues[name].lost_an_engine = True


def hear(world: World, scanner: Scanner) -> None:
    """A contact: it is online; noted once in a second in which it was handed something."""
    if not scanner.online or scanner.served // 1000 != world.now // 1000:
        scanner.seen = world.now
    if not scanner.online:
        with change_of_presence(world):
            scanner.online = True
        world.alarms.discard(f"scanner-offline:{scanner.id}")


def caller(world: World, who: Who) -> Scanner | None:
    """Who calls, where the version of its record is the present one."""
    found = world.scanners.get(who[0])
    return found if found and found.auth == who[1] else None


def mark_offline(world: World) -> str:
    """Silent scanners go offline, and keep their work."""
    for scanner in [] if world.has_grace else world.scanners.values():
        if scanner.online and scanner.seen <= world.now - OFFLINE_MS:
            with change_of_presence(world):
                scanner.online = False
            if scanner.enabled:
                world.alarms.add(f"scanner-offline:{scanner.id}")
    return "ok"
