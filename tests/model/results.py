"""Results of a task: batches, each kept once, from whoever was given that attempt."""

from __future__ import annotations

from tests.model.presence import hear
from tests.model.records import Task, Which, Who
from tests.model.tasks import fence, judged, renew
from tests.model.world import World


def results(world: World, who: Who, which: Which, batch: int, count: int) -> str:
    """A batch is kept once; late ones too, where the caller was given that attempt."""
    word, me, found = judged(world, who, which, begun=True)
    if me is None or found is None or word in {"JobNotFound", "JobNotOwned"}:
        return word
    if word == "InvalidTransition" and found.status == "claimed":
        return word
    attempt = which[1] or 0
    if not found.was_given(who[0], attempt):
        return "LeaseLost"
    if is_gap(found, attempt, batch):
        return "BatchGap"
    hear(world, me)
    keep(world, found, (who[0], attempt), batch, count)
    if word == "ok":
        renew(world, found)
    return "LeaseLost" if word == "LeaseLost" else "ok"


def is_gap(task: Task, attempt: int, batch: int) -> bool:
    return batch > task.batches.get(attempt, 0) + 1


def keep(world: World, task: Task, given: tuple[int, int], batch: int, count: int) -> None:
    """A batch from who was given this attempt, once; late where it is no longer his."""
    scanner, attempt = given
    if batch > task.batches.get(attempt, 0):
        task.batches[attempt] = batch
        scan, late = world.scans[task.scan], fence(task, scanner, attempt) != "ok"
        scan.results += count
        scan.batches.append((task.id, attempt, scanner, late))
