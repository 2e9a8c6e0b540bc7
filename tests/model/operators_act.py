"""The rules of what operators do."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import initialize, rule

from tests.model import choices as draw
from tests.model.meeting import NOT_ASKED, Meeting
from tests.model.places import Place

PLAIN = {"engine": "connect", "ports": 1, "rate": None, "max_attempts": 2, "port_list": None}
SMALL = {**PLAIN, "size": 2, "retry_failed": False}
FOR_ALL = {**PLAIN, "size": None, "retry_failed": True}

Rulebook = list[tuple[str, Place, int | None]]


class OperatorsAct(Meeting):
    """Scans, scanners and groups are made, changed, and deleted while work is out."""

    @initialize(
        fleet=draw.fleets,
        number=draw.numbers,
        spec=draw.specs,
        sizes=draw.segments,
        rulebook=draw.rulebooks,
    )
    def a_small_fleet(
        self,
        fleet: list[dict[str, int]],
        number: int,
        spec: dict[str, Any],
        sizes: list[int],
        rulebook: Rulebook,
    ) -> None:
        for kind, place, rate in rulebook:
            self.ask("save_rule", kind, None, place, rate)
        self.ask("save_group", None, 1, None, NOT_ASKED)
        self.ask("save_group", None, 2, None, NOT_ASKED)
        for own in fleet:
            number = number * 5 // 3 + 1
            joined = draw.some(list(self.world.groups), number, 2)
            self.ask("save_scanner", None, {"enabled": 1, **own}, joined, NOT_ASKED)
        self.create_scan(number, sizes, spec, NOT_ASKED)
        self.ask("save_port_list", None, 2)
        if number % 3:
            self.ask("create_scan", list(self.world.queues), [16, 48], FOR_ALL, NOT_ASKED)
        self.ask("save_scanner", None, {"enabled": 1}, [], NOT_ASKED, site=1)
        queue = next(iter(self.sites[1].world.queues))
        self.ask("create_scan", [queue], [8], SMALL, NOT_ASKED, site=1)

    @rule(number=draw.numbers, sizes=draw.segments, spec=draw.specs, asked=draw.asked)
    def create_scan(
        self, number: int, sizes: list[int], spec: dict[str, Any], asked: tuple[str, str]
    ) -> None:
        queues = list(self.world.queues)
        if queues:
            chosen = draw.some(queues, number, 3) or [draw.pick(queues, number)]
            spec = {**spec, "port_list": self.port_list(number)}
            self.ask("create_scan", chosen, sizes, spec, asked)

    def port_list(self, number: int) -> int | None:
        """Seldom one; at times one that is gone."""
        known = [None, None, *self.world.port_lists, 1 if number % 31 == 0 else None]
        return draw.pick(known, number // 3)

    @rule(number=draw.numbers, call=draw.scan_calls)
    def change_scan(self, number: int, call: str) -> None:
        scan = draw.pick_scan(self.world, call, number)
        if scan is not None:
            self.ask(call, scan)

    @rule(number=draw.numbers, fields=draw.changes)
    def change_scanner(self, number: int, fields: dict[str, Any]) -> None:
        if self.world.scanners:
            scanner = draw.pick(self.world.scanners, number)
            self.ask("save_scanner", scanner, fields, None, NOT_ASKED)

    @rule(number=draw.numbers, asked=draw.asked)
    def change_fleet(self, number: int, asked: tuple[str, str]) -> None:
        what, number = number % 10, number // 10
        scanners, groups = list(self.world.scanners), list(self.world.groups)
        if what < 4 and scanners:
            joined = draw.some(groups, number, 2)
            self.ask("save_scanner", draw.pick(scanners, number), {}, joined, NOT_ASKED)
        elif what < 7 and groups:
            members = draw.pick([None, draw.some(scanners, number, 3)], number)
            capacity = draw.pick([None, 1, 2, 3], number // 2)
            self.ask("save_group", draw.pick(groups, number), capacity, members, asked)
        elif what == 7 and groups:
            self.ask("delete_group", draw.pick(groups, number))
        elif what == 8 and scanners:
            self.ask("delete_scanner", draw.pick(scanners, number))
        else:
            self.grow(number, asked)

    def grow(self, number: int, asked: tuple[str, str]) -> None:
        """A new scanner, or a new group of everyone."""
        if number % 2 and len(self.world.scanners) < 5:
            joined = draw.some(list(self.world.groups), number, 2)
            self.ask("save_scanner", None, {"enabled": 1, "set_tasks": 2}, joined, asked)
        elif len(self.world.groups) < 4:
            self.ask("save_group", None, 1 + number % 3, list(self.world.scanners), asked)
