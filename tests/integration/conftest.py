"""A site whose clock the test sets, driven through the stores as the product drives it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import redis

from dispatch.recutting import Recutting, openings_of
from dispatch.rules import SiteRules
from domain.errors import ScanToBeRecut
from domain.space import build_segments
from domain.targets import parse_target
from queues.alarms import AlarmStore
from queues.exchange import Holder, Lease, Report, Timing
from queues.groups import GroupStore
from queues.keys import SiteKeys
from queues.recuts import RecutStore
from queues.rules import RuleStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.tasks import TaskStore
from queues.upkeep import UpkeepStore

TIMING = Timing(
    claim_ms=60_000,
    lease_ms=120_000,
    stall_ms=900_000,
    task_seconds=60,
    default_rate=1000,
    least_rate=1,
)


@dataclass
class Clock:
    """Milliseconds that pass only when a test says so."""

    ms: int = 1_700_000_000_000

    def __call__(self) -> str:
        return str(self.ms)

    def forward(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@dataclass
class Site:
    """One site: makes scanners and scans, and acts as a scanner."""

    client: redis.Redis
    clock: Clock = field(default_factory=Clock)
    keys: SiteKeys = field(default_factory=lambda: SiteKeys("default"))

    def __post_init__(self) -> None:
        self.tasks = TaskStore(self.client, lambda _: TIMING, self.clock)
        self.scans = ScanStore(self.client, self.clock)
        self.scanners = ScannerStore(self.client, self.clock)
        self.groups = GroupStore(self.client, self.clock)
        self.upkeep = UpkeepStore(self.client, self.clock)
        self.alarms = AlarmStore(self.client, self.clock)
        self.rules = SiteRules(RuleStore(self.client, self.clock))
        self.recutting = Recutting(self.rules, RecutStore(self.client, self.clock), self.scans)

    def scanner(self, *, groups: list[int] | None = None, **fields: int | str) -> Holder:
        """A scanner with set_targets, set_tasks, set_jobs or rate, as one that may call."""
        scanner, _ = self.scanners.save(
            self.keys, None, {"name": "s", **fields}, groups=groups or []
        )
        return self.holder(scanner)

    def holder(self, scanner: int) -> Holder:
        """The scanner with the present version of its record."""
        record = self.scanners.get(self.keys, scanner)
        assert record is not None
        return Holder(self.keys, scanner, record["auth"])

    def group(self, *members: Holder, cap: int = 10) -> int:
        """A group; its members' records change with it."""
        ids = [member.scanner for member in members]
        return self.groups.save(self.keys, None, name="g", cap=cap, members=ids)[0]

    def scan(
        self,
        *queues: str,
        targets: str | list[str] = "10.0.0.0/24",
        size: int | None = None,
        **fields: str,
    ) -> int:
        """A scan of one port; size is hostsPerTask."""
        texts = [targets] if isinstance(targets, str) else targets
        segments = build_segments(map(parse_target, texts), [])
        rules = self.rules.of(self.keys)
        record = {
            "spec": "{}", "job": "{}", "engine": "connect", "ports": 1, "max_attempts": 3,
            "retry_failed": 0, "hosts_per_task": size or "", "rate": "", **fields,
        }  # fmt: skip
        cut = {"openings": openings_of(rules, segments), "rules": rules.version}
        return self.scans.create(self.keys, record, segments, list(queues), **cut)[0]

    def subnet(self, cidr: str, rate: int) -> int:
        """A subnet of so many probes a second."""
        return self.rules.store.save(self.keys, "subnet", None, {"cidr": cidr, "rate": rate})[0]

    def opened(self, scan: int) -> list[str]:
        """The scan's open intervals: what a cut has left of the first one, then its list."""
        front = self.client.hget(self.keys.of("scan", scan), "front")
        listed = self.client.lrange(self.keys.of("scan", scan, "open"), 0, -1)
        return [*([front] if front else []), *listed]

    def claim(self, holder: Holder, limit: int = 10, request: str = "") -> list[Lease]:
        """Claim as this scanner; scans cut under older rules are cut anew first."""
        while True:
            try:
                return self.tasks.claim(holder, limit=limit, request=request).leases
            except ScanToBeRecut as stale:
                self.recutting.recut(self.keys, stale.scan)

    def finish(self, holder: Holder, lease: Lease, status: str = "completed") -> None:
        """Start and complete a task."""
        self.tasks.start(holder, lease.task, lease.attempt)
        self.tasks.complete(
            holder, lease.task, lease.attempt, status=status, results=None, message=""
        )

    def sweep(self) -> int:
        """Take back what ran out, as the worker does every few seconds."""
        return self.upkeep.sweep(self.keys, TIMING.lease_ms)

    def pass_time(self, seconds: int) -> None:
        """Time passes with sweeps in between, so that the store does not count as away."""
        for _ in range(0, seconds, 10):
            self.clock.forward(10)
            self.sweep()

    def heartbeat(
        self, holder: Holder, *tasks: tuple[int, int | None], **report: str
    ) -> dict[int, str]:
        """A heartbeat; answers the control words."""
        return self.tasks.heartbeat(holder, Report(**report), list(tasks)).control

    def record(self, scan: int) -> dict[str, str]:
        """The scan's record."""
        found = self.scans.get(self.keys, scan)
        assert found is not None
        return found


@pytest.fixture
def site(client: redis.Redis) -> Site:
    """An empty site."""
    return Site(client)
