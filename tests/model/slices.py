"""Whether a slice that the product cut is fair: its rate, and its size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.model.world import DEFAULT_RATE, LEAST_RATE, TASK_SECONDS, Scan, Scanner, World


@dataclass(frozen=True)
class Given:
    """A task as the product answered it."""

    task: int
    attempt: int
    scan: int
    first: int
    last: int
    rate: int | None
    bound: str | None


@dataclass(frozen=True)
class Fair:
    """What a fair size follows from: probes per second, and the task slots that share a scan."""

    speed: float
    slots: int


def judge_rate(world: World, me: Scanner, scan: Scan, given: Given) -> float:
    """A rate within every limit; none where there is no limit. Answers the speed to reckon by."""
    left = scan.rate and scan.rate - world.granted(scan.id)
    limits = [limit for limit in (me.set.get("rate"), left) if limit is not None]
    assert (given.rate is not None) == bool(limits), f"{given} under {limits}"
    if given.rate is None:
        return DEFAULT_RATE
    assert min(LEAST_RATE, *limits, scan.rate or LEAST_RATE) <= given.rate <= min(limits), given
    return max(1, given.rate / me.task_capacity) if given.bound == "scanner" else given.rate


def judge_size(world: World, me: Scanner, scan: Scan, size: int, fair: Fair) -> None:
    """HostsPerTask exactly where it fits; else by time, by free capacity, shrinking at the end."""
    free = world.free_targets(me)
    front = len(scan.open[0].addresses)
    if scan.size:
        assert size == min(scan.size, free, front), f"size {size} for hostsPerTask {scan.size}"
        return
    by_time = max(1, int(TASK_SECONDS * (fair.speed / scan.ports)))
    room = math.ceil(free / world.free_tasks(me))
    waiting = len(scan.waiting)
    a_second = max(1, int(fair.speed / scan.ports))
    assert size <= min(front, by_time, room, max(math.ceil(waiting / fair.slots), a_second)), (
        "large"
    )
    assert size >= min(front, by_time, room, math.ceil(waiting / (2 * fair.slots))), "small"
