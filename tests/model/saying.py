"""What a scanner says of a task, by drawn numbers: mostly what is so."""

from __future__ import annotations

from tests.model.choices import pick
from tests.model.records import Task
from tests.model.syncing import Told
from tests.model.world import World


def attempt_of(task: Task, which: str) -> int | None:
    """The attempt that a caller gives."""
    if which == "none":
        return None
    by_name = {"one before": task.attempt - 1, "first": 1, "next": task.attempt + 1}
    return max(1, by_name.get(which, task.attempt))


def caller_of(world: World, task: Task, which: str, number: int) -> int:
    """The scanner that calls about a task."""
    if which == "other" and world.scanners:
        return pick(world.scanners, number)
    return pick(task.holders, number) if which == "former" else task.holders[-1]


def details(task: Task, word: str, attempt: int | None, number: int) -> tuple[int | str, ...]:
    """What a call about a task says beside who and which."""
    size = len(task.addresses)
    batch = task.batches.get(attempt or task.attempt, 0) + pick([1, 1, 1, 0, 2], number)
    said: dict[str, tuple[int | str, ...]] = {
        "start": (),
        "progress": (number % 4,),
        "results": (batch, number % 5),
        "complete": (pick(["completed", "completed", "failed"], number),),
        "release": (pick([0, 0, 1, 2, size, size + 1], number),),
    }
    return said[word]


def told(task: Task, state: str, number: int) -> Told:
    """What a sync says of a task, seldom of an attempt that is over."""
    attempt = attempt_of(task, pick(["this"] * 6 + ["one before", "first", "next"], number)) or 1
    batch = task.batches.get(attempt, 0) + pick([1, 1, 1, 0, 2], number // 2)
    size = len(task.addresses)
    return Told(
        task.id,
        attempt,
        state,
        done=pick([None, 0, 1, 2], number // 3),
        hosts_done=pick([0, 0, 1, 2, size, size + 1], number // 5) if state == "released" else 0,
        batch=pick([None, batch or None], number // 7),
        count=number % 3,
    )
