"""The product under proof: the stores of one site, each call answered with a word first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import redis

from dispatch.recutting import Recutting, openings_of
from dispatch.rules import SiteRules
from domain.errors import DispatchError, Invalid, ScanToBeRecut
from domain.rules import Rules
from domain.space import Block, Segment, subtract
from domain.targets import AddressRange
from queues.groups import GroupStore
from queues.keys import SiteKeys
from queues.port_lists import PortListStore
from queues.recuts import RecutStore
from queues.retirement import RetirementStore
from queues.rules import RuleKind, RuleStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.store import Asked
from queues.tasks import Beaten, Controlled, Holder, Lease, Report, TaskStore, Timing
from queues.upkeep import UpkeepStore
from tests.model import world
from tests.model.places import Place
from tests.model.records import Which, Who
from tests.model.slices import Given

TIMING = Timing(
    claim_ms=world.CLAIM_MS,
    lease_ms=world.LEASE_MS,
    stall_ms=world.STALL_MS,
    task_seconds=world.TASK_SECONDS,
    default_rate=world.DEFAULT_RATE,
    least_rate=world.LEAST_RATE,
)
FIRST_ADDRESS = 10 << 24

Said = tuple[Any, ...]
T = TypeVar("T")
Told = TypeVar("Told", Controlled, Beaten)


class Product:
    """Methods are named and called as the model's functions are."""

    def __init__(self, client: redis.Redis, site: str, now: Callable[[], str]) -> None:
        self.keys = SiteKeys(site)
        self.tasks = TaskStore(client, lambda _: TIMING, now)
        self.scans = ScanStore(client, now)
        self.rule_store = RuleStore(client, now)
        self.port_lists = PortListStore(client, now)
        self.rules = SiteRules(self.rule_store)
        self.recutting = Recutting(self.rules, RecutStore(client, now), self.scans)
        self.scanners = ScannerStore(client, now)
        self.groups = GroupStore(client, now)
        self.upkeep = UpkeepStore(client, now)
        self.retirement = RetirementStore(client, now)

    def call(self, name: str, *args: Any) -> Said:
        """("ok", whatever it brought), or the name of the refusal."""
        try:
            return ("ok", *(getattr(self, name)(*args) or ()))
        except DispatchError as refusal:
            return (type(refusal).__name__,)

    def claim(self, who: Who, limit: int, request: str) -> Said:
        holder = self._holder(who)
        claimed = self._cut_anew(lambda: self.tasks.claim(holder, limit=limit, request=request))
        return ([_given(lease) for lease in claimed.leases],)

    def start(self, who: Who, which: Which) -> None:
        self.tasks.start(self._holder(who), *which)

    def progress(self, who: Who, which: Which, done: int) -> Said:
        holder = self._holder(who)
        said = self._told(lambda: self.tasks.progress(holder, *which, done=done, results=0))
        return (said.control,)

    def results(self, who: Who, which: tuple[int, int], batch: int, count: int) -> None:
        holder = self._holder(who)
        self.tasks.results(holder, *which, batch=batch, count=count, rows="[]")

    def complete(self, who: Who, which: Which, status: str) -> None:
        holder = self._holder(who)
        self.tasks.complete(holder, *which, status=status, results=None, message="")

    def release(self, who: Who, which: Which, done: int) -> None:
        self.tasks.release(self._holder(who), *which, done=done)

    def heartbeat(
        self,
        who: Who,
        facts: dict[str, str],
        jobs: list[tuple[int, int | None]],
    ) -> Said:
        holder = self._holder(who)
        said = self._told(lambda: self.tasks.heartbeat(holder, Report(**facts), jobs))
        return said.drain, said.control

    def sweep_all(self) -> None:
        self.upkeep.sweep(self.keys, world.LEASE_MS)

    def check_stalls(self) -> None:
        self.upkeep.check_stalls(self.keys, world.MAX_TASK_MS)

    def check_scans(self) -> None:
        self.upkeep.check_scans(self.keys, world.STALL_MS)

    def mark_offline(self) -> None:
        self.upkeep.mark_offline(self.keys, world.OFFLINE_MS)

    def finish_retirements(self) -> None:
        self.retirement.finish(self.keys)

    def create_scan(
        self, queues: list[str], segments: list[int], spec: dict[str, Any], asked: tuple[str, str]
    ) -> Said:
        record = {
            **{name: spec[name] or "" for name in ("engine", "ports", "max_attempts", "rate")},
            "spec": "{}",
            "job": "{}",
            "hosts_per_task": spec["size"] or "",
            "retry_failed": int(spec["retry_failed"]),
        }
        rules = self.rules.of(self.keys)
        cut = _segments(rules, segments)
        return self.scans.create(
            self.keys,
            record,
            cut,
            queues,
            openings=openings_of(rules, cut),
            rules=rules.version,
            port_list=spec["port_list"],
            asked=Asked(*asked),
        )

    def pause_scan(self, scan: int) -> None:
        self.scans.pause(self.keys, scan, reason="model")

    def resume_scan(self, scan: int) -> None:
        self.scans.resume(self.keys, scan, reason="model")

    def cancel_scan(self, scan: int) -> None:
        self.scans.cancel(self.keys, scan, reason="model")

    def delete_scan(self, scan: int) -> None:
        self.scans.delete(self.keys, scan)

    def save_scanner(
        self,
        scanner: int | None,
        fields: dict[str, int | str],
        groups: list[int] | None,
        asked: tuple[str, str],
    ) -> Said:
        return self.scanners.save(self.keys, scanner, fields, groups=groups, asked=Asked(*asked))

    def save_group(
        self,
        group: int | None,
        capacity: int | None,
        members: list[int] | None,
        asked: tuple[str, str],
    ) -> Said:
        return self.groups.save(
            self.keys, group, name="g", cap=capacity, members=members, asked=Asked(*asked)
        )

    def delete_scanner(self, scanner: int) -> None:
        """As dispatch.scanners does it."""
        self.retirement.retire(self.keys, "scanner", scanner)
        self.retirement.finish(self.keys)

    def delete_group(self, group: int) -> None:
        """As dispatch.groups does it."""
        self.retirement.retire(self.keys, "group", group)
        self.retirement.delete(self.keys, "group", group)

    def save_rule(
        self, kind: RuleKind, rule: int | None, place: Place | None, rate: int | None
    ) -> Said:
        fields: dict[str, str | int] = {"cidr": place.cidr} if place else {}
        if rate is not None:
            fields["rate"] = rate
        return self.rule_store.save(self.keys, kind, rule, fields)

    def delete_rule(self, kind: RuleKind, rule: int) -> None:
        self.rule_store.delete(self.keys, kind, rule)

    def save_port_list(self, port_list: int | None, rate: int | None) -> Said:
        fields = {"name": "p", "ports": "80", "rate": rate or ""}
        return self.port_lists.save(self.keys, port_list, fields)

    def delete_port_list(self, port_list: int) -> None:
        self.port_lists.delete(self.keys, port_list)

    def _told(self, call: Callable[[], Told]) -> Told:
        said = call()
        for scan in said.outdated:
            self.recutting.recut(self.keys, scan)
        return call() if said.outdated else said

    def _cut_anew(self, call: Callable[[], T]) -> T:
        """As dispatch.work does it."""
        while True:
            try:
                return call()
            except ScanToBeRecut as stale:
                self.recutting.recut(self.keys, stale.scan)

    def _holder(self, who: Who) -> Holder:
        return Holder(self.keys, who[0], str(who[1]))


def _segments(rules: Rules, sizes: list[int]) -> list[Segment]:
    """As dispatch.scan_plan does it, but cut where the test says."""
    segments: list[Segment] = []
    for i, size in enumerate(sizes):
        first = FIRST_ADDRESS + sum(sizes[:i])
        left = list(subtract([AddressRange(4, first, first + size - 1)], rules.excluded))
        if rules.outside_scopes(left):
            raise Invalid({"targets": ["outside"]})
        if left:
            blocks = tuple(Block(4, part.first, part.last - part.first + 1) for part in left)
            segments.append(Segment(segments[-1].end if segments else 0, blocks))
    if not segments:
        raise Invalid({"targets": ["nothing left"]})
    return segments


def _given(lease: Lease) -> Given:
    rate = (lease.rate, lease.rated_by)
    return Given(lease.task, lease.attempt, lease.scan, lease.first, lease.last, *rate)
