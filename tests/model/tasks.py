"""What a scanner says of its tasks, and the word that it is answered."""

from __future__ import annotations

from tests.model.cutting import recut
from tests.model.presence import caller, hear
from tests.model.records import Scanner, Task, Which, Who
from tests.model.scans import set_status
from tests.model.world import LEASE_MS, STALL_MS, World

CONTROL = {"pausing": "pause", "paused": "pause", "canceling": "cancel", "canceled": "cancel"}


def fence(task: Task | None, scanner: int, attempt: int | None) -> str:
    """Who may change a task's state, and what others are told."""
    if task is None:
        return "JobNotFound"
    if task.is_of(scanner, attempt):
        if task.held:
            return "ok"
        if task.status in {"completed", "failed"} and not task.taken:
            return "InvalidTransition"
    return "LeaseLost" if scanner in task.holders[-8:] else "JobNotOwned"


def judged(
    world: World, who: Who, which: Which, *, begun: bool
) -> tuple[str, Scanner | None, Task | None]:
    """The word for this call; begun: whether it is refused before the task's start."""
    me, found = caller(world, who), world.tasks.get(which[0])
    if me is None:
        return "StaleRecord", None, found
    word = fence(found, who[0], which[1])
    if word == "ok" and begun and found and found.status == "claimed":
        word = "InvalidTransition"
    return word, me, found


def start(world: World, who: Who, which: Which) -> str:
    """The task runs, and with it its scan."""
    word, me, found = judged(world, who, which, begun=False)
    if word != "ok" or me is None or found is None:
        return word
    hear(world, me)
    run(world, found)
    renew(world, found)
    return "ok"


def run(world: World, task: Task) -> None:
    """What was merely claimed is begun."""
    if task.status == "claimed":
        scan = world.scans[task.scan]
        task.status, scan.started, scan.active = "running", True, world.now
        if scan.status == "pending":
            set_status(world, scan, "running")
        watch(world, task)


def watch(world: World, task: Task) -> None:
    """Progress counts from now on."""
    task.stall_at = world.now + max(STALL_MS, 3 * task.expected)


def renew(world: World, task: Task) -> None:
    """Any contact about a running task renews its lease."""
    task.expires = max(task.expires, world.now + LEASE_MS)


def progress(world: World, who: Who, which: Which, done: int) -> tuple[str, str] | str:
    """Renews; only a changed count is progress."""
    word, me, found = judged(world, who, which, begun=True)
    if word != "ok" or me is None or found is None:
        return word
    hear(world, me)
    advance(world, found, done)
    renew(world, found)
    recut(world, world.scans[found.scan])
    return "ok", control(world, found)


def advance(world: World, task: Task, done: int) -> None:
    """Its counter; the same again is no progress."""
    if task.progress != done:
        task.progress, world.scans[task.scan].active, task.stalled = done, world.now, False
        world.alarms.discard(f"task-stalled:{task.id}")
        watch(world, task)


def control(world: World, task: Task) -> str:
    """What the holder of a task is told."""
    told = CONTROL.get(world.scans[task.scan].status)
    return told or ("cancel" if task.cancel else "continue")
