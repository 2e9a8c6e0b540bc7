"""What a site is, said as plainly as Python can: explicit addresses, lists and sets.

Nothing here is the product's. Addresses are indices into a scan of at most 64; times are
milliseconds; queues are named "s" or "g" and the id of their scanner or group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CLAIM_MS, LEASE_MS, STALL_MS = 60_000, 120_000, 200_000
MAX_TASK_MS, OFFLINE_MS, AWAY_MS = 400_000, 90_000, 30_000
TASK_SECONDS, DEFAULT_RATE, LEAST_RATE = 5, 4, 2
PREFER_OTHERS_MS = 30_000

ACTIVE = {"pending", "running"}
FINISHED = {"completed", "failed", "canceled"}
HELD = {"claimed", "running"}
HOLDERS_KEPT = 8

Who = tuple[int, int]  # a scanner, and the version of its record that was checked
Which = tuple[int, int | None]  # a task, and the attempt that the caller gave


@dataclass
class Scanner:
    """A scanner; what it may hold follows from what was set, then from its machine."""

    id: int
    auth: int = 0
    enabled: bool = True
    drain: bool = False
    retired: bool = False
    online: bool = False
    seen: int = 0
    groups: list[int] = field(default_factory=list)
    set: dict[str, int] = field(default_factory=dict)
    cpus: int | None = None
    memory: int | None = None
    engines: tuple[str, ...] = ()
    boots: list[str] = field(default_factory=list)
    cursor: int = 0
    failures: int = 0
    wait_until: int = 0

    @property
    def queues(self) -> list[str]:
        return [f"s{self.id}", *(f"g{group}" for group in self.groups)]

    @property
    def available(self) -> bool:
        return self.enabled and self.online and not self.drain and not self.retired

    @property
    def target_capacity(self) -> int:
        if "targets" in self.set:
            return self.set["targets"]
        if self.cpus and self.memory:
            return max(1, min(1024 * self.cpus, self.memory // 2**21))
        return 1024

    @property
    def wanted_task_capacity(self) -> int:
        return self.set.get("tasks") or min(32, max(1, self.target_capacity // 128))

    @property
    def task_capacity(self) -> int:
        return min(self.wanted_task_capacity, self.target_capacity)

    @property
    def wanted_job_capacity(self) -> int:
        usual = min(3, self.wanted_task_capacity) if self.groups else 1
        return self.set.get("jobs") or usual

    @property
    def job_capacity(self) -> int:
        return min(self.wanted_job_capacity, self.task_capacity)

    def can(self, engine: str) -> bool:
        return not self.engines or engine in self.engines


@dataclass
class Queue:
    """A job queue: waiting in order, ready, parked for want of an engine."""

    waiting: list[int] = field(default_factory=list)
    ready: set[int] = field(default_factory=set)
    parked: set[int] = field(default_factory=set)
    group_capacity: int = 0
    lost_an_engine: bool = False
    retired: bool = False


@dataclass
class Piece:
    """Addresses in a row that wait to be handed out; those that came back keep their task."""

    addresses: list[int]
    task: int | None = None


@dataclass
class Task:
    """A task; holders has who was given it, attempt by attempt."""

    id: int
    scan: int
    addresses: list[int] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)
    status: str = ""
    said: str = ""
    taken: bool = False
    strikes: int = 0
    request: str = ""
    rate: int = 0
    expires: int = 0
    stall_at: int = 0
    stalled: bool = False
    expected: int = 0
    progress: int = 0
    failed_by: int = 0
    failed_at: int = 0
    batches: dict[int, int] = field(default_factory=dict)

    @property
    def attempt(self) -> int:
        return len(self.holders)

    @property
    def held(self) -> bool:
        return self.status in HELD

    def is_of(self, scanner: int, attempt: int | None) -> bool:
        return self.holders[-1] == scanner and attempt in {None, self.attempt}

    def was_given(self, scanner: int, attempt: int) -> bool:
        recent = self.attempt - HOLDERS_KEPT < attempt <= self.attempt
        return recent and attempt >= 1 and self.holders[attempt - 1] == scanner


@dataclass
class Scan:
    """A scan: each of its addresses is in exactly one place."""

    id: int
    receipt: int
    total: int
    engine: str
    ports: int
    rate: int | None
    size: int | None
    retry_failed: bool
    max_attempts: int
    since: int
    status: str = "pending"
    started: bool = False
    spent: bool = False
    active: int = 0
    open: list[Piece] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    jobs: dict[str, str] = field(default_factory=dict)
    expired: int = 0
    completed: int = 0
    failures: int = 0
    results: int = 0
    batches: list[tuple[int, int, int, bool]] = field(default_factory=list)

    @property
    def waiting(self) -> list[int]:
        return [address for piece in self.open for address in piece.addresses]


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

    def held_by(self, scanner: int) -> list[Task]:
        return [t for t in self.tasks.values() if t.held and t.holders[-1] == scanner]

    def held_of(self, scan: int) -> list[Task]:
        return [t for t in self.tasks.values() if t.held and t.scan == scan]

    def granted(self, scan: int) -> int:
        return sum(task.rate for task in self.held_of(scan))

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
