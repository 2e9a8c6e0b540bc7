"""What a scanner says of itself, and of all its tasks at once."""

from __future__ import annotations

from tests.model.cutting import recut
from tests.model.presence import caller, change_of_presence, hear
from tests.model.records import Scanner, Who
from tests.model.tasks import control, fence, renew
from tests.model.world import World

Jobs = list[tuple[int, int | None]]  # tasks, each with the attempt that the caller gives


def heartbeat(
    world: World, who: Who, facts: dict[str, str], jobs: Jobs
) -> tuple[str, bool, dict[int, str]] | str:
    """Facts, and the leases of the listed tasks that run and are this scanner's."""
    me = caller(world, who)
    if me is None:
        return "StaleRecord"
    note_facts(world, me, facts)
    for job, attempt in jobs:
        task = world.tasks.get(job)
        if task and fence(task, me.id, attempt) == "ok":
            recut(world, world.scans[task.scan])
    return (
        "ok",
        me.drain or me.retired,
        {job: word for job, word in words_for(world, me, jobs) if word != "continue"},
    )


def note_facts(world: World, me: Scanner, facts: dict[str, str]) -> None:
    """What it does not say stays as it was."""
    with change_of_presence(world):
        me.cpus = int(facts.get("cpus") or me.cpus or 0) or None
        me.memory = int(facts.get("memory") or me.memory or 0) or None
        me.engines = tuple(filter(None, facts.get("engines", "").split(","))) or me.engines
    hear(world, me)
    boot(world, me, facts.get("boot", ""))


def words_for(world: World, me: Scanner, jobs: Jobs) -> list[tuple[int, str]]:
    """What each task's holder is told; what runs is renewed."""
    words = []
    for job, attempt in jobs:
        task = world.tasks.get(job)
        if task is None or fence(task, me.id, attempt) != "ok":
            words.append((job, "lease_lost"))
            continue
        words.append((job, control(world, task)))
        if task.status == "running":
            renew(world, task)
    return words


def boot(world: World, me: Scanner, name: str) -> None:
    """A boot id that comes back after another one: two programs at once."""
    if not name or (me.boots and me.boots[-1] == name):
        return
    if len(me.boots) > 1 and me.boots[-2] == name:
        world.alarms.add(f"scanner-duplicated:{me.id}")
    me.boots.append(name)
