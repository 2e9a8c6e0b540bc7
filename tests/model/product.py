"""The product under proof: the stores of one site, each call answered with a word first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis

from dispatch.recutting import Recutting, openings_of
from dispatch.rules import SiteRules
from domain.errors import DispatchError, Invalid
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
from queues.tasks import TaskStore
from queues.upkeep import UpkeepStore
from tests.model import world
from tests.model.places import Place
from tests.model.scanner_calls import TIMING, Answer, ScannerCalls

FIRST_ADDRESS = 10 << 24


class Product(ScannerCalls):
    """All calls: operators' and upkeep's beside those of scanners."""

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

    def call(self, name: str, *args: Any) -> Answer:
        """("ok", whatever it brought), or the name of the refusal."""
        try:
            return ("ok", *(getattr(self, name)(*args) or ()))
        except DispatchError as refusal:
            return (type(refusal).__name__,)

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
    ) -> Answer:
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
    ) -> Answer:
        return self.scanners.save(self.keys, scanner, fields, groups=groups, asked=Asked(*asked))

    def save_group(
        self,
        group: int | None,
        capacity: int | None,
        members: list[int] | None,
        asked: tuple[str, str],
    ) -> Answer:
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
    ) -> Answer:
        fields: dict[str, str | int] = {"cidr": place.cidr} if place else {}
        if rate is not None:
            fields["rate"] = rate
        return self.rule_store.save(self.keys, kind, rule, fields)

    def delete_rule(self, kind: RuleKind, rule: int) -> None:
        self.rule_store.delete(self.keys, kind, rule)

    def save_port_list(self, port_list: int | None, rate: int | None) -> Answer:
        fields = {"name": "p", "ports": "80", "rate": rate or ""}
        return self.port_lists.save(self.keys, port_list, fields)

    def delete_port_list(self, port_list: int) -> None:
        self.port_lists.delete(self.keys, port_list)


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
