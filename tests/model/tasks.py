"""What a scanner says of its tasks, and the word that it is answered."""

from __future__ import annotations

from tests.model.cutting import recut
from tests.model.leases import finish, give_back
from tests.model.presence import caller, change_of_presence, hear
from tests.model.records import Scanner, Task, Which, Who
from tests.model.scans import set_status, settle
from tests.model.world import LEASE_MS, STALL_MS, World

FAILURES_BEFORE_WAITING = 3
LONGEST_WAIT_SECONDS = 300
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
    if found.status == "claimed":
        scan = world.scans[found.scan]
        found.status, scan.started, scan.active = "running", True, world.now
        if scan.status == "pending":
            set_status(world, scan, "running")
        watch(world, found)
    renew(world, found)
    return "ok"


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
    scan = world.scans[found.scan]
    hear(world, me)
    if found.progress != done:
        found.progress, scan.active, found.stalled = done, world.now, False
        world.alarms.discard(f"task-stalled:{found.id}")
        watch(world, found)
    renew(world, found)
    recut(world, scan)
    return "ok", control(world, found)


def control(world: World, task: Task) -> str:
    """What the holder of a task is told."""
    told = CONTROL.get(world.scans[task.scan].status)
    return told or ("cancel" if task.cancel else "continue")


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
    last = found.batches.get(attempt, 0)
    if batch > last + 1:
        return "BatchGap"
    hear(world, me)
    if batch > last:
        found.batches[attempt] = batch
        scan = world.scans[found.scan]
        scan.results += count
        scan.batches.append((found.id, attempt, who[0], word != "ok"))
    if word == "ok":
        renew(world, found)
    return "LeaseLost" if word == "LeaseLost" else "ok"


def complete(world: World, who: Who, which: Which, status: str) -> str:
    """The final word; again the same is harmless."""
    word, me, found = judged(world, who, which, begun=True)
    if me and found and found.is_of(who[0], which[1]) and found.said == status:
        return "ok"
    if word != "ok" or me is None or found is None:
        return word
    scan = world.scans[found.scan]
    scan.active, found.said = world.now, status
    if status == "failed" and _is_tried_again(world, found):
        found.strikes += 1
        found.failed_by, found.failed_at = me.id, world.now
        give_back(world, found, "released")
    else:
        finish(world, found, status)
    settle(world, scan)
    hear(world, me)
    back_off(world, me, failed=status == "failed")
    return "ok"


def _is_tried_again(world: World, task: Task) -> bool:
    scan = world.scans[task.scan]
    left = task.strikes + 1 < scan.max_attempts
    return scan.retry_failed and left and scan.status != "canceling"


def back_off(world: World, me: Scanner, *, failed: bool) -> None:
    """From the third failure in a row on: 2, 4, 8 … 300 s."""
    if not failed:
        me.failures = me.wait_until = 0
        world.alarms.discard(f"scanner-failing:{me.id}")
        return
    if me.wait_until > world.now:
        return
    me.failures += 1
    if me.failures >= FAILURES_BEFORE_WAITING:
        seconds = min(LONGEST_WAIT_SECONDS, 2 ** (me.failures - 2))
        me.wait_until = world.now + 1000 * seconds
        world.alarms.add(f"scanner-failing:{me.id}")


def release(world: World, who: Who, which: Which, done: int) -> str:
    """Given back; again is harmless as long as nobody else was given the task."""
    word, me, found = judged(world, who, which, begun=False)
    if me and found and found.is_of(who[0], which[1]) and found.said == "released":
        return "ok"
    if word != "ok" or me is None or found is None:
        return word
    if done and found.status == "claimed":
        return "InvalidTransition"
    if done > len(found.addresses):
        return "Invalid"
    scan = world.scans[found.scan]
    scan.active, found.said = world.now, "released"
    if done == len(found.addresses):
        finish(world, found, "completed")
    else:
        give_back(world, found, "released", done)
    settle(world, scan)
    hear(world, me)
    return "ok"


def heartbeat(
    world: World,
    who: Who,
    facts: dict[str, str],
    jobs: list[tuple[int, int | None]],
) -> tuple[str, bool, dict[int, str]] | str:
    """Facts, and the leases of the listed tasks that run and are this scanner's."""
    me = caller(world, who)
    if me is None:
        return "StaleRecord"
    with change_of_presence(world):
        me.cpus = int(facts.get("cpus") or me.cpus or 0) or None
        me.memory = int(facts.get("memory") or me.memory or 0) or None
        me.engines = tuple(filter(None, facts.get("engines", "").split(","))) or me.engines
    hear(world, me)
    boot(world, me, facts.get("boot", ""))
    for job, attempt in jobs:
        task = world.tasks.get(job)
        if task and fence(task, me.id, attempt) == "ok":
            recut(world, world.scans[task.scan])
    return (
        "ok",
        me.drain or me.retired,
        {job: word for job, word in _control(world, me, jobs) if word != "continue"},
    )


def _control(
    world: World, me: Scanner, jobs: list[tuple[int, int | None]]
) -> list[tuple[int, str]]:
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
