"""A life of two sites at random: any call, by anyone, once, twice, or late."""

from __future__ import annotations

from typing import Any

import redis
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model import choices as draw
from tests.model.looking import Raw
from tests.model.pair import Pair
from tests.model.world import Scanner, Task

BEGAN = 1_700_000_000_000
A_DAY = 86_400_000
NOT_ASKED = ("", "")


class Life(RuleBasedStateMachine):
    """Rules draw; ask() puts the question to the product and to the model."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__()
        client.flushall()
        self.sites = [Pair(client, "north", BEGAN), Pair(client, "south", BEGAN + A_DAY)]
        self.raw: dict[str, Raw] = {}
        self.past: list[tuple[int, str, tuple[Any, ...]]] = []
        self.late: list[tuple[int, str, tuple[Any, ...]]] = []
        self.hold_next = False

    def ask(self, name: str, *args: Any, site: int = 0) -> None:
        """Now; or, where the network holds it back, later."""
        call = (site, name, args)
        if self.hold_next:
            self.hold_next = False
            self.late.append(call)
            return
        self.past.append(call)
        self.send(call)

    def send(self, call: tuple[int, str, tuple[Any, ...]]) -> None:
        site, name, args = call
        self.sites[site].do(name, *args)
        self.raw = self.sites[site].look(self.raw)

    @property
    def world(self) -> Any:
        return self.sites[0].world

    def scanner(self, number: int) -> Scanner | None:
        """One that the ingest would let through: a disabled one is refused before any script."""
        able = [s for s in self.world.scanners.values() if s.enabled]
        return draw.pick(able, number) if able else None

    def about(self, name: str, number: int, caller: str, attempt: str, *args: Any) -> None:
        """A call about some task."""
        task: Task | None = draw.pick_task(self.world, number)
        if task is None:
            return
        who = self.world.scanners.get(draw.caller_of(self.world, task, caller, number))
        if who and who.enabled:
            which = draw.attempt_of(task, attempt)
            if name == "results":
                which = which or task.attempt
            self.ask(name, who.id, who.auth, task.id, which, *args)

    # ---- the sites

    @initialize(caps=draw.capacities, number=draw.numbers)
    def a_small_fleet(self, caps: dict[str, Any], number: int) -> None:
        self.ask("save_group", None, 1 + number % 3, None, NOT_ASKED)
        self.ask("save_group", None, 1, None, NOT_ASKED)
        groups = list(self.world.groups)
        for own in (caps, {"set_targets": 9, "set_tasks": 3, "set_jobs": 2}, {}):
            joined = draw.some(groups, number, 2)
            valid = {
                k: v for k, v in own.items() if v != "" and own != {"set_tasks": 1, "set_jobs": 2}
            }
            self.ask("save_scanner", None, {"enabled": 1, **valid}, joined, NOT_ASKED)
            number = number // 2 + 1
        self.ask("save_scanner", None, {"enabled": 1}, [], NOT_ASKED, site=1)
        queue = next(iter(self.sites[1].world.queues))
        spec = {"engine": "connect", "ports": 1, "rate": None, "size": 2}
        spec |= {"retry_failed": False, "max_attempts": 2}
        self.ask("create_scan", [queue], [8], spec, NOT_ASKED, site=1)

    @rule(number=draw.numbers, sizes=draw.segments, spec=draw.specs, asked=draw.names)
    def create_scan(self, number: int, sizes: list[int], spec: Any, asked: Any) -> None:
        queues = draw.some(list(self.world.queues), number, 3)
        if queues:
            self.ask("create_scan", queues, sizes, spec, asked)

    # ---- scanners

    @rule(number=draw.numbers, limit=draw.limits, request=draw.requests)
    def claim(self, number: int, limit: int, request: str) -> None:
        who = self.scanner(number)
        if who:
            self.ask("claim", who.id, who.auth, limit, request)

    @rule(number=draw.numbers, limit=draw.limits)
    def claim_and_start(self, number: int, limit: int) -> None:
        who = self.scanner(number)
        if who:
            before = {task.id for task in self.world.held_by(who.id)}
            self.ask("claim", who.id, who.auth, limit, "")
            for task in self.world.held_by(who.id):
                if task.id not in before:
                    self.ask("start", who.id, who.auth, task.id, task.attempt)

    @rule(number=draw.numbers, caller=draw.callers, attempt=draw.attempts)
    def start(self, number: int, caller: str, attempt: str) -> None:
        self.about("start", number, caller, attempt)

    @rule(number=draw.numbers, caller=draw.callers, attempt=draw.attempts, done=draw.limits)
    def progress(self, number: int, caller: str, attempt: str, done: int) -> None:
        self.about("progress", number, caller, attempt, done)

    @rule(number=draw.numbers, caller=draw.callers, attempt=draw.attempts, batch=draw.limits)
    def results(self, number: int, caller: str, attempt: str, batch: int) -> None:
        self.about("results", number, caller, attempt, batch, batch * 3)

    @rule(number=draw.numbers, caller=draw.callers, attempt=draw.attempts, status=draw.outcomes)
    def complete(self, number: int, caller: str, attempt: str, status: str) -> None:
        self.about("complete", number, caller, attempt, status)

    @rule(number=draw.numbers, status=draw.outcomes)
    def complete_all(self, number: int, status: str) -> None:
        who = self.scanner(number)
        for task in self.world.held_by(who.id) if who else []:
            self.ask("complete", who.id, who.auth, task.id, task.attempt, status)

    @rule(number=draw.numbers, caller=draw.callers, attempt=draw.attempts)
    def release(self, number: int, caller: str, attempt: str) -> None:
        task = draw.pick_task(self.world, number)
        if task:
            done = draw.pick([0, 0, 1, 2, len(task.addresses), len(task.addresses) + 1], number)
            self.about("release", number, caller, attempt, done)

    @rule(number=draw.numbers, engines=draw.engines, machine=draw.machines, which=draw.attempts)
    def heartbeat(self, number: int, engines: str, machine: Any, which: str) -> None:
        who = self.scanner(number)
        if who:
            facts = {"engines": engines, "cpus": machine[0], "memory": machine[1]}
            facts["boot"] = draw.pick(["", "", "b1", "b2"], number)
            listed = [
                *self.world.held_by(who.id),
                *draw.some(list(self.world.tasks.values()), number, 2),
            ]
            jobs = [
                (t.id, draw.attempt_of(t, which))
                for t in dict.fromkeys(map(lambda t: t.id, listed))
                for t in [self.world.tasks[t]]
            ]
            self.ask("heartbeat", who.id, who.auth, facts, jobs)

    # ---- time, and upkeep

    @rule(seconds=draw.seconds)
    def time_passes(self, seconds: int) -> None:
        for site in self.sites:
            site.world.now += 1000 * seconds

    @rule(times=draw.limits)
    def time_passes_with_sweeps(self, times: int) -> None:
        for _ in range(times):
            self.time_passes(26)
            self.ask("sweep_all")

    @rule()
    def upkeep(self) -> None:
        for step in ("sweep_all", "check_stalls", "mark_offline", "check_scans"):
            self.ask(step)
        self.ask("finish_retirements")

    @rule(step=draw.st.sampled_from(["sweep_all", "check_stalls", "mark_offline"]))
    def one_step_of_upkeep(self, step: str) -> None:
        self.ask(step)

    # ---- operators

    @rule(number=draw.numbers, what=draw.st.sampled_from(["pause_scan", "resume_scan"]))
    def pause_or_resume(self, number: int, what: str) -> None:
        if self.world.scans:
            self.ask(what, draw.pick(list(self.world.scans), number))

    @rule(number=draw.numbers, what=draw.st.sampled_from(["cancel_scan", "delete_scan"]))
    def cancel_or_delete(self, number: int, what: str) -> None:
        if self.world.scans:
            self.ask(what, draw.pick(list(self.world.scans), number))

    @rule(number=draw.numbers, fields=draw.capacities)
    def change_scanner(self, number: int, fields: dict[str, Any]) -> None:
        if self.world.scanners:
            scanner = draw.pick(list(self.world.scanners), number)
            self.ask("save_scanner", scanner, fields, None, NOT_ASKED)

    @rule(number=draw.numbers, asked=draw.names)
    def new_scanner(self, number: int, asked: Any) -> None:
        joined = draw.some(list(self.world.groups), number, 2)
        if len(self.world.scanners) < 5:
            self.ask("save_scanner", None, {"enabled": 1, "set_tasks": 2}, joined, asked)

    @rule(number=draw.numbers)
    def change_membership(self, number: int) -> None:
        if self.world.scanners:
            scanner = draw.pick(list(self.world.scanners), number)
            joined = draw.some(list(self.world.groups), number // 5, 2)
            self.ask("save_scanner", scanner, {}, joined, NOT_ASKED)

    @rule(number=draw.numbers, asked=draw.names)
    def change_group(self, number: int, asked: Any) -> None:
        group = draw.pick([None, *self.world.groups], number)
        if group or len(self.world.groups) < 4:
            members = draw.pick(
                [None, draw.some(list(self.world.scanners), number, 3)], number // 2
            )
            capacity = draw.pick([None if group else 10, 1, 2, 3], number)
            self.ask("save_group", group, capacity, members, asked)

    @rule(number=draw.numbers)
    def delete_scanner_or_group(self, number: int) -> None:
        if number % 2 and self.world.groups:
            self.ask("delete_group", draw.pick(list(self.world.groups), number))
        elif self.world.scanners:
            self.ask("delete_scanner", draw.pick(list(self.world.scanners), number))

    # ---- the network

    @rule(number=draw.numbers)
    def repeat(self, number: int) -> None:
        if self.past:
            self.send(draw.pick(self.past[::-1], number))

    @rule()
    def hold_back(self) -> None:
        self.hold_next = True

    @rule(number=draw.numbers)
    def deliver(self, number: int) -> None:
        if self.late:
            self.send(self.late.pop(number % len(self.late)))

    # ---- the other site

    @rule(number=draw.numbers)
    def other_site_works(self, number: int) -> None:
        other = self.sites[1].world
        who = next(iter(other.scanners.values()))
        held = other.held_by(who.id)
        if not held or number % 3 == 0:
            self.ask("claim", who.id, who.auth, 1, "", site=1)
            return
        name = draw.pick(["start", "complete", "release"], number)
        last = {"start": (), "complete": ("completed",), "release": (1,)}[name]
        self.ask(name, who.id, who.auth, held[0].id, None, *last, site=1)

    @rule(number=draw.numbers)
    def ids_of_the_other_site(self, number: int) -> None:
        here, other = self.sites[number % 2].world, self.sites[1 - number % 2].world
        at = number % 2
        for scan in list(other.scans)[:1]:
            name = draw.pick(
                ["pause_scan", "resume_scan", "cancel_scan", "delete_scan"], number // 2
            )
            self.ask(name, scan, site=at)
        for who in list(here.scanners.values())[:1]:
            for task in list(other.tasks)[:1]:
                self.ask("start", who.id, who.auth, task, None, site=at)
        for who in list(other.scanners.values())[:1]:
            self.ask("claim", who.id, who.auth, 1, "", site=at)
            self.ask("create_scan", [f"s{who.id}"], [1], {}, NOT_ASKED, site=at) if 0 else None
