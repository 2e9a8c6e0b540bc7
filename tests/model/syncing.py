"""All that a scanner has to say at once: the plain steps one after another, then a claim."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.model.claims import look, look_until_done
from tests.model.cutting import is_stale, recut
from tests.model.endings import end, hand_back
from tests.model.heartbeats import Jobs, note_facts, words_for
from tests.model.leases import is_due
from tests.model.presence import caller, hear
from tests.model.records import Scanner, Task, Who
from tests.model.results import is_gap, keep
from tests.model.slices import Given
from tests.model.tasks import advance, control, fence, renew, run
from tests.model.turns import Turns
from tests.model.world import World


class Told(NamedTuple):
    """What is said of one task; done: its counter, None where it is not said."""

    task: int
    attempt: int
    state: str
    done: int | None = None
    hosts_done: int = 0
    batch: int | None = None
    count: int = 0


def sync(
    world: World,
    who: Who,
    wanted: tuple[int, str],
    facts: dict[str, str],
    reports: list[Told],
    *,
    answer: tuple[Any, ...],
) -> Any:
    """Reports in their order, each whole or not at all; then as many tasks as a claim brings."""
    (want, request), me = wanted, caller(world, who)
    if me is None:
        return "StaleRecord"
    refused, words, stale = {}, {}, []
    for told in reports:
        word = take(world, me, told)
        if word != "ok":
            refused[told.task] = word
        elif told.state == "running":
            task = world.tasks[told.task]
            words[told.task] = control(world, task)
            stale += [task.scan] if is_stale(world, world.scans[task.scan]) else []
    note_facts(world, me, facts)
    drain = me.drain or me.retired
    given = answer[-1] if answer else []
    is_done = not want or claims_at_once(world, me, Turns(request, want), given)
    if stale:
        running = [(t.task, t.attempt) for t in reports if t.state == "running"]
        words |= anew(world, me, stale, [job for job in running if job[0] not in refused])
    if not is_done:
        look_until_done(world, me, Turns(request, want), given)
    told_off = {task: word for task, word in words.items() if word != "continue"}
    return "ok", drain, refused, told_off, given


def take(world: World, me: Scanner, told: Told) -> str:
    """What was only claimed is begun; results are kept; then the task is as it was said to be."""
    task = world.tasks.get(told.task)
    word = fence(task, me.id, told.attempt)
    if task is None:
        return word
    batch = told.batch if told.batch and task.was_given(me.id, told.attempt) else 0
    if batch and is_gap(task, told.attempt, batch):
        return "BatchGap"
    if word == "ok" and told.hosts_done > len(task.addresses):
        return "Invalid"
    if batch:
        keep(world, task, (me.id, told.attempt), batch, told.count)
    if task.is_of(me.id, told.attempt) and task.said == told.state:
        return "ok"
    if word == "ok":
        act(world, me, task, told)
    return word


def act(world: World, me: Scanner, task: Task, told: Told) -> None:
    """A report that is taken."""
    run(world, task)
    if told.done is not None:
        advance(world, task, told.done)
    if told.state == "running":
        renew(world, task)
    elif told.state == "released":
        hand_back(world, task, told.hosts_done)
    else:
        end(world, me, task, told.state)


def claims_at_once(world: World, me: Scanner, turns: Turns, given: list[Given]) -> bool:
    """Whether nothing is left to be done before a claim can say what there is."""
    if is_due(world):
        return False
    hear(world, me)
    found = look(world, me, turns, given)
    assert turns.left is None, f"{turns.left} was left"
    return found == "nothing"


def anew(world: World, me: Scanner, stale: list[int], running: Jobs) -> dict[int, str]:
    """Scans that were cut by older rules are cut anew, and what runs is told once more."""
    for scan in stale:
        recut(world, world.scans[scan])
    hear(world, me)
    return dict(words_for(world, me, running))
