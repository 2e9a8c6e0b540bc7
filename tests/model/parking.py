"""Parked polls: a scanner that found nothing waits in a process, and is called for work."""

from __future__ import annotations

from tests.model.records import Poll, Scanner
from tests.model.world import Name, World


def has_looked(world: World, me: Scanner, park: tuple[str, int], *, found: bool) -> None:
    """A poll that finds nothing is parked, but not while its scanner is to wait for failures."""
    process, ms = park
    world.called.discard((me.id, process))
    if not found and me.wait_until <= world.now:
        me.poll = Poll(process, world.now + ms)
        world.excused.discard(me.id)


def unpark(world: World, scanner: int, process: str, why: str) -> str:
    """The scanner waits there no more. why: it "left", or its call is "handed on"."""
    me = world.scanners.get(scanner)
    if me and me.poll and me.poll.process == process:
        me.poll = None
    if why == "handed on":
        world.called.discard((scanner, process))
    return "ok"


def parked(world: World) -> list[Scanner]:
    """Whose poll waits, and is not over."""
    return [s for s in world.scanners.values() if s.poll and s.poll.until >= world.now]


def take_calls(world: World, before: dict[int, Poll], calls: list[Name]) -> None:
    """Each is for one that waited there when it was made, and waits no more; never two for one."""
    assert len({scanner for scanner, _ in calls}) == len(calls), f"called twice: {calls}"
    for scanner, process in calls:
        poll, me = before.get(scanner), world.scanners.get(scanner)
        assert poll is not None, f"{scanner} is called, and was not parked"
        assert poll.process == process, f"{scanner} is called at {process}, and has {poll}"
        assert poll.until >= world.now, f"{scanner} is called, and waited until {poll.until}"
        assert me is None or me.poll, f"{scanner} is called, and waits no more"
        if me and me.poll is poll:
            me.poll = None
        world.called.add((scanner, process))
