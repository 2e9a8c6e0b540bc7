"""What there is for whom: of which scan a scanner would have a task, by the model's own claims."""

from __future__ import annotations

import math
import pickle

from tests.model.claims import LOOKS_AT_MOST, look
from tests.model.presence import hear
from tests.model.records import Piece, Scan, Scanner
from tests.model.turns import Turns
from tests.model.waits import is_free
from tests.model.world import ACTIVE, PREFER_OTHERS_MS, World


def due(world: World, scanner: Scanner) -> Scan | None:
    """Of which scan it would have a task if it claimed now; leases stay as they are."""
    if not any(may_have(world, scanner, scan) for scan in world.scans.values()):
        return None
    copy: World = pickle.loads(pickle.dumps(world))  # noqa: S301 - our own
    me = copy.scanners[scanner.id]
    hear(copy, me)
    for _ in range(LOOKS_AT_MOST):
        turns = Turns("", 1)
        found = look(copy, me, turns, [])
        if turns.left:
            return world.scans[turns.left.id]
        if found == "nothing":
            break
    return None


def may_have(world: World, me: Scanner, scan: Scan) -> bool:
    """Whether there is anything in it for this scanner, if all goes well."""
    mine = any(queue in scan.jobs and not world.queues[queue].retired for queue in me.queues)
    can = (
        me.enabled
        and not me.drain
        and not me.retired
        and is_free(world, me)
        and me.can(scan.engine)
    )
    return mine and can and scan.status in ACTIVE and bool(scan.open or scan.blocked)


def tasks_in(scan: Scan) -> int:
    """How many tasks it has to hand out, at most."""
    if scan.status not in ACTIVE:
        return 0
    return sum(math.ceil(len(piece.addresses) / (scan.size or 1)) for piece in scan.pieces)


def tasks_for_anyone(world: World, scan: Scan) -> int:
    """How many tasks it has at least that no budget and no failure keeps from a scanner; or one."""
    free = [piece for piece in scan.open if not piece.chain and not scan.rate]
    free = [piece for piece in free if not failed_lately(world, piece)]
    waiting = sum(len(piece.addresses) for piece in free)
    return max(1, len(free), math.ceil(waiting / (scan.size or 1)))


def failed_lately(world: World, piece: Piece) -> bool:
    task = world.tasks.get(piece.task or 0)
    return bool(task and world.now - task.failed_at < PREFER_OTHERS_MS)
