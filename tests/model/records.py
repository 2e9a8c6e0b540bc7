"""The records of a site: scanners, queues, tasks and scans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

HELD = {"claimed", "running"}
HOLDERS_KEPT = 8

Who = tuple[int, int]  # a scanner, and the version of its record that was checked
Which = tuple[int, int | None]  # a task, and the attempt that the caller gave


class Poll(NamedTuple):
    """Where a scanner's poll is parked, and until when it waits there."""

    process: str
    until: int


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
    waits: list[str] = field(default_factory=list)
    waited: int = 0
    served: int = 0
    poll: Poll | None = None

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
    """Addresses in a row, within the same subnets; those that came back keep their task."""

    addresses: list[int]
    task: int | None = None
    chain: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.addresses[0]}:"  # how the store's text of it begins, which decides order


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
    subnets: list[int] = field(default_factory=list)
    recut: bool = False
    cancel: bool = False
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
    """A scan: each of its addresses is in exactly one place; where[i] is which one has index i."""

    id: int
    receipt: int
    where: list[int]
    engine: str
    ports: int
    rate: int | None
    size: int | None
    retry_failed: bool
    max_attempts: int
    port_list: int | None
    since: int
    rules: int = 0
    cuts: int = 0
    status: str = "pending"
    started: bool = False
    spent: bool = False
    active: int = 0
    open: list[Piece] = field(default_factory=list)
    blocked: list[tuple[int, Piece]] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    jobs: dict[str, str] = field(default_factory=dict)
    expired: int = 0
    completed: int = 0
    failures: int = 0
    results: int = 0
    batches: list[tuple[int, int, int, bool]] = field(default_factory=list)

    @property
    def pieces(self) -> list[Piece]:
        """The open list, then what waits for a subnet: by subnet, then in the order of texts."""
        waiting = sorted(self.blocked, key=lambda b: (b[0], b[1].text))
        return self.open + [piece for _, piece in waiting]

    @property
    def waiting(self) -> list[int]:
        return [address for piece in self.pieces for address in piece.addresses]
