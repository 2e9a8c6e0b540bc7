"""The rules of polls that wait, and of scanners that say everything at once."""

from __future__ import annotations

from hypothesis.stateful import rule

from tests.model import choices as draw
from tests.model.parking import parked
from tests.model.records import Scanner
from tests.model.saying import told
from tests.model.scanners_act import ScannersAct
from tests.model.syncing import Told


class PollsAct(ScannersAct):
    """Calls are heard late, or by nobody; what was said once is said again."""

    def poll(self, who: Scanner, process: str, ms: int, limit: int) -> None:
        park = (process, ms) if ms > 0 else None
        self.ask("claim", (who.id, who.auth), limit, "", park)

    @rule(number=draw.numbers, limit=draw.limits, ms=draw.waits)
    def everyone_waits(self, number: int, limit: int, ms: int) -> None:
        for i in range(len(self.world.scanners)):
            who = self.scanner(number + i)
            if who:
                self.poll(who, draw.pick(["p1", "p1", "p2"], number // 7), ms, limit)

    @rule(number=draw.numbers, limit=draw.limits)
    def one_hears(self, number: int, limit: int) -> None:
        self.hear(number, limit)

    @rule(number=draw.numbers, limit=draw.limits)
    def all_hear(self, number: int, limit: int) -> None:
        for _ in range(len(self.world.called)):
            self.hear(number, limit)

    def hear(self, number: int, limit: int) -> None:
        """Whoever was called claims and waits on; or it has gone, and the next one is called."""
        if not self.world.called:
            return
        scanner, process = draw.pick(sorted(self.world.called), number)
        who = self.world.scanners.get(scanner)
        if who is None or not who.enabled or number % 5 == 0:
            self.ask("unpark", scanner, process, "handed on")
        else:
            self.poll(who, process, draw.pick([1000, 20_000], number), limit)
            self.world.called.discard((scanner, process))

    @rule(number=draw.numbers)
    def one_leaves(self, number: int) -> None:
        waiting = parked(self.world)
        if waiting:
            who = draw.pick(waiting, number)
            process = who.poll.process if who.poll and number % 4 else "p1"
            self.ask("unpark", who.id, process, "left")

    @rule(number=draw.numbers, want=draw.wants, request=draw.requests, states=draw.several_states)
    def sync(self, number: int, want: int, request: str, states: list[str]) -> None:
        who = self.scanner(number)
        if who is None:
            return
        reports = []
        for i, state in enumerate(states):
            told = self.told(who, number // 3 + 11 * i, state)
            reports += [told] if told else []
        engines = draw.pick([""] * 9 + ["connect"], number)
        self.ask("sync", (who.id, who.auth), (want, request), {"engines": engines}, reports)

    @rule(number=draw.numbers, want=draw.wants, request=draw.requests, states=draw.several_states)
    def sync_what_is_done(self, number: int, want: int, request: str, states: list[str]) -> None:
        """Nearly all that it holds is completed, without a word more; one or another is not."""
        who = self.scanner(number)
        if who is None:
            return
        reports = [
            Told(task.id, task.attempt, "completed")
            for task in self.world.held_by(who.id)[number // 2 % 2 :]
        ]
        for i, state in enumerate(states[: number // 3 % 3]):
            other = self.told(who, number // 5 + 7 * i, state)
            at = number // 7 % (len(reports) + 1)
            reports[at:at] = [other] if other else []
        if number % 5 == 0:
            reports += reports[:1]
        self.ask("sync", (who.id, who.auth), (want, request), {"engines": ""}, reports)

    def told(self, who: Scanner, number: int, state: str) -> Told | None:
        """Of a task of its own, most often."""
        own = self.world.held_by(who.id)
        task = draw.pick(own, number) if own and number % 5 else draw.pick_task(self.world, number)
        return told(task, state, number // 5) if task else None
