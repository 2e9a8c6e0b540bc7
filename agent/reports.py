"""What there is to say about jobs, one call's worth at a time, and what comes of it."""

import math
from collections.abc import Callable

import structlog

from agent import clock
from agent.client import SHOWN_CHARACTERS, Answer
from agent.letter import Letter
from agent.outbox import Outbox
from agent.reply import Reply
from agent.roster import Roster
from agent.said import Said, gather
from agent.task import Task
from agent.text import printable
from agent.verdict import Fault, Verdict

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_BYTES = 960 * 1024  # of results in a call: proxies often take bodies of 1 MiB, and no more


class Reports:
    """From the spool and from the tasks; what `gather` gave is settled before the next is."""

    def __init__(
        self, roster: Roster, outbox: Outbox, *, now: Callable[[], float] = clock.now
    ) -> None:
        self._roster = roster
        self._outbox = outbox
        self._now = now
        self._most_bytes = MOST_BYTES

    @property
    def due_at(self) -> float:
        """When something is to be said, by the clock; infinity where there is nothing."""
        return min(self._outbox.due_at, *(task.due_at for task in self._open_tasks()), math.inf)

    @property
    def none(self) -> bool:
        """Whether there is no job to say anything of, now or soon."""
        return not (self._roster.tasks() or self._outbox.backlog)

    def gather(self) -> list[Said]:
        """What the call that goes out now says."""
        tasks = self._open_tasks()  # first: of one that closes meanwhile there may be a letter
        return gather(self._outbox.letters(self._most_bytes), tasks, self._now())

    def heard(self, reply: Reply, said: list[Said]) -> None:
        """The call was answered."""
        self._most_bytes = min(MOST_BYTES, 2 * self._most_bytes)
        for each in said:
            verdict = reply.verdict_on(each.ref)
            if each.letter:
                self._settle(each.letter, verdict, reply.refusals.get(each.ref.job_id, ""))
            if each.task:
                each.task.heard(verdict, reply, reported=each.letter is not None)

    def refused(self, fault: Fault, answer: Answer, said: list[Said]) -> bool:
        """The call was refused as a whole; answers whether the next one will be another."""
        letters = [each.letter for each in said if each.letter]
        if fault is Fault.RESULTS:
            full = [letter for letter in letters if letter.has_results]
            for letter in full:
                self._outbox.settle(letter, Verdict.LATER, retry_after=answer.retry_after)
            return bool(full)
        if fault is Fault.CONTENT and letters:
            self._narrow(letters, answer)
            return True
        if fault is Fault.SCANNER:
            for task in self._roster.tasks():
                task.give_back(str(answer))
        return False

    def _open_tasks(self) -> list[Task]:
        return [task for task in self._roster.tasks() if not task.silent]

    def _settle(self, letter: Letter, verdict: Verdict, answer: str) -> None:
        if verdict is not Verdict.ACCEPTED:
            log.warning(
                "a report was not accepted",
                action=f"report-{verdict.value}",
                job_id=letter.ref.job_id,
                attempt=letter.ref.attempt,
                answer=printable(answer, SHOWN_CHARACTERS),
            )
        self._outbox.settle(letter, verdict)

    def _narrow(self, letters: list[Letter], answer: Answer) -> None:
        """Find out by halves which letter is at fault."""
        if len(letters) == 1:
            self._settle(letters[0], Verdict.SPLIT, str(answer))
        else:
            self._most_bytes = sum(letter.size for letter in letters) // 2
