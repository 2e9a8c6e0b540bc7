"""What happens to scans: statuses, coming to rest, the place of their jobs."""

from __future__ import annotations

from tests.model.records import Piece, Scan
from tests.model.world import ACTIVE, FINISHED, World


def set_status(world: World, scan: Scan, status: str) -> None:
    """A finished scan leaves its queues."""
    scan.status, scan.since = status, world.now
    if status != "running":
        world.alarms.discard(f"scan-stalled:{scan.id}")
    if status in FINISHED:
        withdraw(world, scan)
        scan.jobs.clear()
        scan.open.clear()
        scan.blocked.clear()
        world.waiters.pop(f"scan:{scan.id}", None)
        world.alarms.discard(f"scan-stuck:{scan.id}")


def withdraw(world: World, scan: Scan) -> None:
    """It has nothing to hand out for now."""
    for queue in scan.jobs:
        world.queues[queue].ready.discard(scan.id)
        world.queues[queue].parked.discard(scan.id)


def place(world: World, queue: str, scan: Scan) -> bool:
    """Ready, or parked for want of an engine; neither where there is nothing to hand out."""
    if scan.status not in ACTIVE or scan.spent or not scan.open:
        return False
    ready = world.can(queue, scan.engine)
    at = world.queues[queue]
    (at.ready if ready else at.parked).add(scan.id)
    return ready


def come_back(world: World, scan: Scan) -> None:
    """Its jobs that had left the waiting lists come back under their own receipt."""
    for queue, where in scan.jobs.items():
        if where == "out":
            place(world, queue, scan)


def reopen(world: World, scan: Scan, piece: Piece) -> bool:
    """Addresses come back to the front; of a scan that is being canceled they are dropped."""
    if scan.status == "canceling":
        scan.dropped.update(piece.addresses)
        return False
    scan.open.insert(0, piece)
    if len(scan.open) == 1:
        come_back(world, scan)
    return True


def settle(world: World, scan: Scan) -> None:
    """After a lease ended: the scan ends, or comes to rest, when nothing is in flight."""
    if world.held_of(scan.id):
        return
    if scan.status == "canceling":
        set_status(world, scan, "canceled")
    elif not scan.waiting:
        set_status(world, scan, "failed" if scan.failed else "completed")
    elif scan.status == "pausing":
        set_status(world, scan, "paused")
