"""What a site is, said as plainly as Python can: explicit addresses, lists and sets.

Nothing here is the product's. Addresses are indices into a scan of at most 64; times are
milliseconds; queues are named "s" or "g" and the id of their scanner or group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.model.places import Place, PortList, Subnet
from tests.model.records import Queue, Scan, Scanner, Task

CLAIM_MS, LEASE_MS, STALL_MS = 60_000, 120_000, 200_000
MAX_TASK_MS, OFFLINE_MS, AWAY_MS = 400_000, 90_000, 30_000
LOOK_MS = 1_000  # between two looks for leases that ran out
TASK_SECONDS, DEFAULT_RATE, LEAST_RATE = 5, 4, 2
PREFER_OTHERS_MS = 30_000
CUT_ANEW = -1

ACTIVE = {"pending", "running"}
FINISHED = {"completed", "failed", "canceled"}


Name = tuple[int, str]  # a scanner, and the process where its poll waits


class Wait(NamedTuple):
    """Since when a scanner waits for a budget, and when it last asked."""

    since: int
    asked: int


@dataclass
class World:
    """One site."""

    name: str
    now: int
    scanners: dict[int, Scanner] = field(default_factory=dict)
    groups: set[int] = field(default_factory=set)
    queues: dict[str, Queue] = field(default_factory=dict)
    scans: dict[int, Scan] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    alarms: set[str] = field(default_factory=set)
    remembered: dict[str, tuple[str, int]] = field(default_factory=dict)
    receipts: int = 0
    last_id: int = 0
    swept: int | None = None
    grace: int = 0
    rules: int = 0
    subnets: dict[int, Subnet] = field(default_factory=dict)
    exclusions: dict[int, Place] = field(default_factory=dict)
    scopes: dict[int, Place] = field(default_factory=dict)
    port_lists: dict[int, PortList] = field(default_factory=dict)
    waiters: dict[str, dict[int, Wait]] = field(default_factory=dict)
    closed: dict[int, dict[int, int]] = field(default_factory=dict)  # subnet -> scan -> receipt
    called: set[Name] = field(default_factory=set)  # polls that were called, and have not claimed
    excused: set[int] = field(default_factory=set)  # parked, with work that only time has brought

    def held_by(self, scanner: int) -> list[Task]:
        return [t for t in self.tasks.values() if t.held and t.holders[-1] == scanner]

    def held_of(self, scan: int) -> list[Task]:
        return [t for t in self.tasks.values() if t.held and t.scan == scan]

    @property
    def has_grace(self) -> bool:
        return self.now < self.grace

    def free_targets(self, scanner: Scanner) -> int:
        held = self.held_by(scanner.id)
        return scanner.target_capacity - sum(len(task.addresses) for task in held)

    def free_tasks(self, scanner: Scanner) -> int:
        return scanner.task_capacity - len(self.held_by(scanner.id))

    def capacity(self, queue: str) -> int:
        """How many scans may be ready in a queue."""
        if queue.startswith("s"):
            return self.scanners[int(queue[1:])].job_capacity
        return self.queues[queue].group_capacity

    def available(self, queue: str) -> list[Scanner]:
        return [s for s in self.scanners.values() if s.available and queue in s.queues]

    def slots(self, queue: str) -> int:
        return sum(scanner.task_capacity for scanner in self.available(queue))

    def engines(self, queue: str) -> set[str]:
        """The engines of a queue's available scanners; "*" for one that never said."""
        return {engine for s in self.available(queue) for engine in s.engines or ("*",)}

    def can(self, queue: str, engine: str) -> bool:
        return bool({"*", engine} & self.engines(queue))

    def fresh_id(self, found: int) -> int:
        """An id that the product gave: above every one before."""
        assert found > self.last_id, f"{self.name}: id {found} after {self.last_id}"
        self.last_id = found
        return found
