"""Where two sites meet their models: calls are asked now, later, or once more."""

from __future__ import annotations

from typing import Any

import redis
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.model import choices as draw
from tests.model.ear import Ear
from tests.model.looking import Raw
from tests.model.pair import Pair
from tests.model.records import Scanner
from tests.model.saying import details
from tests.model.world import World

BEGAN = 1_700_000_000_000
A_DAY = 86_400_000
NOT_ASKED = ("", "")

Call = tuple[int, str, tuple[Any, ...]]


class Meeting(RuleBasedStateMachine):
    """ask() puts a question to the product and to the model; past calls are kept as they were."""

    def __init__(self, client: redis.Redis, ear: Ear) -> None:
        super().__init__()
        client.flushall()
        ear.calls()
        began = (("north", BEGAN), ("south", BEGAN + A_DAY))
        self.sites = [Pair(client, ear, site, now) for site, now in began]
        self.raw: dict[str, Raw] = {}
        self.past: list[Call] = []
        self.late: list[Call] = []
        self.hold_next = False

    @property
    def world(self) -> World:
        return self.sites[0].world

    def ask(self, name: str, *args: Any, site: int = 0) -> None:
        """Now; or, where the network holds it back, later."""
        if self.hold_next:
            self.hold_next = False
            self.late.append((site, name, args))
            return
        self.past.append((site, name, args))
        self.send((site, name, args))

    def send(self, call: Call) -> None:
        site, name, args = call
        self.sites[site].do(name, *args)
        self.raw = self.sites[site].look(self.raw)

    def scanner(self, number: int) -> Scanner | None:
        """One that the ingest would let through: a disabled one is refused before any script."""
        able = [s for s in self.world.scanners.values() if s.enabled]
        return draw.pick(able, number) if able else None

    @rule(number=draw.numbers)
    def repeat(self, number: int) -> None:
        if self.past:
            self.send(draw.pick(self.past[:-30:-1], number))

    @rule(number=draw.numbers)
    def hold_back_or_deliver(self, number: int) -> None:
        if self.late and number % 2:
            self.send(self.late.pop(number % len(self.late)))
        else:
            self.hold_next = True

    @rule(number=draw.numbers)
    def other_site_works(self, number: int) -> None:
        other = self.sites[1].world
        who = next(iter(other.scanners.values()))
        held = other.held_by(who.id)
        if not held or number % 3 == 0:
            self.ask("claim", (who.id, who.auth), 1, "", site=1)
            return
        word = draw.pick(["start", "complete", "release"], number)
        said = details(held[0], word, None, number)
        self.ask(word, (who.id, who.auth), (held[0].id, None), *said, site=1)

    @rule(number=draw.numbers, call=draw.scan_calls, word=draw.words)
    def ids_of_the_other_site(self, number: int, call: str, word: str) -> None:
        at = number % 2
        here, other = self.sites[at].world, self.sites[1 - at].world
        if other.scans:
            self.ask(call, draw.pick(other.scans, number), site=at)
        for who in list(other.scanners.values())[:1]:
            self.ask("claim", (who.id, who.auth), 1, "", site=at)
        task, caller = draw.pick_task(other, number), next(iter(here.scanners.values()), None)
        if task and caller and caller.enabled:
            said = details(task, word, 1, number)
            self.ask(word, (caller.id, caller.auth), (task.id, 1), *said, site=at)
