"""The rules of what operators do to limits, and to what may be scanned."""

from __future__ import annotations

from hypothesis.stateful import rule

from tests.model import choices as draw
from tests.model.places import Place
from tests.model.polls_act import PollsAct
from tests.model.records import Scan
from tests.model.rules import places


class RulesAct(PollsAct):
    """Subnets, exclusions, scopes and port lists are made, changed, and deleted meanwhile."""

    @rule(number=draw.numbers, place=draw.subnets, rate=draw.rates)
    def change_subnets(self, number: int, place: Place, rate: int) -> None:
        what, number, site = number % 10, number // 10, int(number % 13 == 0)
        known = list(self.sites[site].world.subnets)
        if what < 3 or not known:
            self.ask("save_rule", "subnet", None, place, rate, site=site)
        elif what < 6:
            self.ask("save_rule", "subnet", draw.pick(known, number), None, rate, site=site)
        elif what == 6:
            self.ask("save_rule", "subnet", draw.pick(known, number), place, rate, site=site)
        elif what == 7:
            self.ask("save_rule", "subnet", draw.pick(known, number), place, None, site=site)
        else:
            self.ask("delete_rule", "subnet", draw.pick(known, number), site=site)
        self.go_on(number)

    def go_on(self, number: int) -> None:
        """The scanners meet what has changed, often at once."""
        if number % 3 == 0:
            self.everyone_claims(number, draw.pick([1, 2, 5], number))
        elif number % 3 == 1:
            self.everyone_reports(number)

    @rule(number=draw.numbers, scoping=draw.scopings)
    def change_scope(self, number: int, scoping: tuple[str, Place]) -> None:
        what, number, (kind, place) = number % 10, number // 10, scoping
        known = list(places(self.world, kind))
        flying = [scan.where[i] for scan, i in self.in_flight()] if what < 3 else []
        if kind == "exclusion" and flying:
            place = draw.around(draw.pick(flying, number))
        if what < 4 or not known:
            self.ask("save_rule", kind, None, place, None)
        elif what == 4:
            self.ask("save_rule", kind, draw.pick(known, number), place, None)
        else:
            self.ask("delete_rule", kind, draw.pick(known, number))
        self.go_on(number)

    @rule(number=draw.numbers, limit=draw.limits)
    def lose_an_answer(self, number: int, limit: int) -> None:
        """Before a claim is repeated, some of what it was given is no longer to be scanned."""
        given = self.claim_as(number, limit, "lost")
        if given:
            task = self.world.tasks[draw.pick(given, number)]
            place = draw.around(self.world.scans[task.scan].where[task.addresses[0]])
            self.ask("save_rule", "exclusion", None, place, None)
        self.claim_as(number, limit, "lost")

    def in_flight(self) -> list[tuple[Scan, int]]:
        held = [task for task in self.world.tasks.values() if task.held]
        return [(self.world.scans[task.scan], index) for task in held for index in task.addresses]

    @rule(number=draw.numbers, rate=draw.port_rates)
    def change_port_lists(self, number: int, rate: int | None) -> None:
        what, number = number % 10, number // 10
        known = list(self.world.port_lists)
        if what < 4 or not known:
            self.ask("save_port_list", None, rate)
        elif what < 8:
            self.ask("save_port_list", draw.pick(known, number), rate)
        else:
            self.ask("delete_port_list", draw.pick(known, number))
