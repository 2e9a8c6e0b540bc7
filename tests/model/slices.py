"""Whether a slice that the product cut is fair: its rate, and its size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.model.records import Scan, Scanner
from tests.model.world import DEFAULT_RATE, TASK_SECONDS, World


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


def judge_rate(me: Scanner, given: Given, rate: int | None, bound: str) -> float:
    """The rate is the least of all bounds; answers the speed to reckon by."""
    assert (given.rate, given.bound or "") == (rate, bound), f"{given}, not {rate} by {bound}"
    if rate is None:
        return DEFAULT_RATE
    return max(1, rate / me.task_capacity) if bound == "scanner" else rate


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
