"""The rules of what scanners do, and of time."""

from __future__ import annotations

from hypothesis.stateful import rule

from tests.model import choices as draw
from tests.model.calls import excuse
from tests.model.meeting import Meeting
from tests.model.records import Who
from tests.model.saying import attempt_of, caller_of, details


class ScannersAct(Meeting):
    """Mostly as they should; at times late, twice, or about what is not theirs."""

    def claim_as(self, number: int, limit: int, request: str) -> list[int]:
        """Claim, at times to wait where there is nothing; answers what is new."""
        who = self.scanner(number)
        if who is None:
            return []
        before = {task.id for task in self.world.held_by(who.id)}
        park = draw.pick([None, ("p1", 30_000), ("p1", 1000), ("p2", 30_000)], number // 5)
        self.ask("claim", (who.id, who.auth), limit, request, park)
        return [task.id for task in self.world.held_by(who.id) if task.id not in before]

    def who(self, scanner: int) -> Who:
        return scanner, self.world.scanners[scanner].auth

    def start_all(self, tasks: list[int]) -> None:
        for task in tasks:
            found = self.world.tasks[task]
            who = self.world.scanners[found.holders[-1]]
            self.ask("start", (who.id, who.auth), (task, found.attempt))

    @rule(number=draw.numbers, limit=draw.limits, request=draw.requests)
    def claim(self, number: int, limit: int, request: str) -> None:
        self.claim_as(number, limit, request)

    @rule(number=draw.numbers, limit=draw.limits)
    def claim_and_start(self, number: int, limit: int) -> None:
        self.start_all(self.claim_as(number, limit, ""))

    @rule(number=draw.numbers, limit=draw.limits)
    def everyone_claims(self, number: int, limit: int) -> None:
        for i in range(len(self.world.scanners)):
            if number % 3 == 0:
                self.complete_all(number + i, "completed")
            self.start_all(self.claim_as(number + i, limit, ""))

    @rule(number=draw.numbers)
    def everyone_reports(self, number: int) -> None:
        for scanner in list(self.world.scanners):
            held = self.world.held_by(scanner)
            jobs = [(task.id, None) for task in held]
            self.ask("heartbeat", self.who(scanner), {"engines": ""}, jobs)
            if held:
                self.ask("progress", self.who(scanner), draw.pick(jobs, number), number % 4)

    @rule(number=draw.numbers, words=draw.several_words)
    def report(self, number: int, words: list[str]) -> None:
        for word in words:
            self.about(word, number, "holder", "this")

    @rule(number=draw.numbers, word=draw.words)
    def end(self, number: int, word: str) -> None:
        word = word if word in {"complete", "release"} else "complete"
        self.about(word, number, "holder", "none")

    @rule(number=draw.numbers, words=draw.several_words, caller=draw.callers, at=draw.attempts)
    def report_anything(self, number: int, words: list[str], caller: str, at: str) -> None:
        for word in words:
            self.about(word, number, caller, at)

    def about(self, word: str, number: int, caller: str, attempt: str) -> None:
        """A call about some task; where none is out, one is claimed first."""
        if not any(task.held for task in self.world.tasks.values()):
            self.start_all(self.claim_as(number, 2, ""))
        task = draw.pick_task(self.world, number)
        who = task and self.world.scanners.get(caller_of(self.world, task, caller, number))
        if task and who and who.enabled:
            which = attempt_of(task, attempt)
            if word == "results":
                which = which or task.attempt
            said = details(task, word, which, number // 7)
            self.ask(word, (who.id, who.auth), (task.id, which), *said)

    @rule(number=draw.numbers, outcome=draw.outcomes)
    def complete_all(self, number: int, outcome: str) -> None:
        who = self.scanner(number)
        if who:
            for task in self.world.held_by(who.id):
                self.ask("complete", (who.id, who.auth), (task.id, task.attempt), outcome)

    @rule(number=draw.numbers, engines=draw.engines, machine=draw.machines, which=draw.attempts)
    def heartbeat(self, number: int, engines: str, machine: tuple[str, str], which: str) -> None:
        who = self.scanner(number)
        if who is None:
            return
        boot = draw.pick(["", "", "b1", "b2"], number)
        facts = {"engines": engines, "cpus": machine[0], "memory": machine[1], "boot": boot}
        jobs = {t.id: attempt_of(t, which) for t in self.world.held_by(who.id)}
        jobs |= dict.fromkeys(draw.some(list(self.world.tasks), number, 1))
        self.ask("heartbeat", (who.id, who.auth), facts, list(jobs.items()))

    @rule(seconds=draw.seconds)
    def time_passes(self, seconds: int) -> None:
        for site in self.sites:
            site.world.now += 1000 * seconds
            excuse(site.world)

    @rule(times=draw.limits)
    def time_passes_with_sweeps(self, times: int) -> None:
        for _ in range(times):
            self.time_passes(26)
            self.ask("sweep_all")

    @rule(step=draw.upkeep, number=draw.numbers)
    def upkeep(self, step: str, number: int) -> None:
        self.ask(step)
        if number % 4 == 0:
            self.ask("finish_retirements")
