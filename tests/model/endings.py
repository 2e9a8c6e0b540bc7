"""How a task ends by what its holder says: completed, failed, or given back."""

from __future__ import annotations

from tests.model.leases import finish, give_back
from tests.model.presence import hear
from tests.model.records import Scanner, Task, Which, Who
from tests.model.scans import settle
from tests.model.tasks import judged
from tests.model.world import World

FAILURES_BEFORE_WAITING = 3
LONGEST_WAIT_SECONDS = 300


def complete(world: World, who: Who, which: Which, status: str) -> str:
    """The final word; again the same is harmless."""
    word, me, found = judged(world, who, which, begun=True)
    if me and found and found.is_of(who[0], which[1]) and found.said == status:
        return "ok"
    if word != "ok" or me is None or found is None:
        return word
    end(world, me, found, status)
    hear(world, me)
    return "ok"


def end(world: World, me: Scanner, task: Task, status: str) -> None:
    """Completed, or failed: perhaps to be tried again."""
    scan = world.scans[task.scan]
    scan.active, task.said = world.now, status
    if status == "failed" and _is_tried_again(world, task):
        task.strikes += 1
        task.failed_by, task.failed_at = me.id, world.now
        give_back(world, task, "released")
    else:
        finish(world, task, status)
    settle(world, scan)
    back_off(world, me, failed=status == "failed")


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
    hand_back(world, found, done)
    hear(world, me)
    return "ok"


def hand_back(world: World, task: Task, done: int) -> None:
    """So many of its addresses are done; where all are, it is completed."""
    scan = world.scans[task.scan]
    scan.active, task.said = world.now, "released"
    if done == len(task.addresses):
        finish(world, task, "completed")
    else:
        give_back(world, task, "released", done)
    settle(world, scan)
