"""All that the agent and the server say to each other, one call at a time.

1. What is due goes into one sync: reports, what we are, and how many new jobs there is room for.
2. The answer goes to those whom it concerns: the outbox, the tasks, the slots that are free.
3. With nothing to do and nothing to say, the agent parks on the server until there is work, or it
   is time for the next heartbeat. The process may end meanwhile, and loses nothing by it.
"""

import threading
from collections.abc import Callable

import structlog

from agent import clock
from agent.asking import Asking
from agent.backoff import Backoff
from agent.client import Answer
from agent.dispatcher import LONGEST_WAIT_SECONDS, Dispatcher
from agent.errors import UnreachableError
from agent.reply import Reply, parse_reply
from agent.reports import Reports
from agent.said import Said
from agent.verdict import Fault, fault_of

log: structlog.stdlib.BoundLogger = structlog.get_logger()

BEAT_SECONDS = 30.0  # where the server does not say
_BEAT_WAITS = 1 / 6  # of the time between two, at most, so that no call is made for it alone
_SHORTEST_PARK_SECONDS = 0.5


class Conversation:
    """One thread's work. `news` has it look up; `speaking` tells that it is at something."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        reports: Reports,
        asking: Asking,
        news: threading.Event,
        *,
        now: Callable[[], float] = clock.now,
    ) -> None:
        self._dispatcher = dispatcher
        self._reports = reports
        self._asking = asking
        self._news = news
        self._now = now
        self._over = threading.Event()
        self._backoff = Backoff()
        self._rests_until = 0.0
        self._beat_seconds = BEAT_SECONDS
        self._beat_at = 0.0
        self.speaking = False

    def run(self) -> None:
        """Talk until the end."""
        while not self._over.is_set():
            self._news.clear()
            self.speaking = True
            pause = self.turn()
            self.speaking = False
            self._news.wait(pause)

    def end(self) -> None:
        """Say nothing more, and act on nothing that is still heard."""
        self._over.set()
        self._news.set()

    def turn(self) -> float:
        """Say what is due, if anything; answers after how many seconds to look again."""
        self._asking.free_slots()
        now = self._now()
        if now < self._rests_until:
            return self._rests_until - now
        due_at = self._due_at()
        if not self._asking.want and now < due_at:
            return min(due_at, self._asking.due_at) - now
        try:
            if self._reports.none and due_at - now >= _SHORTEST_PARK_SECONDS:
                self._park(due_at - now)
            else:
                self._sync(beat=now >= self._beat_at)
        except UnreachableError as error:
            self._away(error)
        return 0.0

    def _due_at(self) -> float:
        """When something is to be said: a beat waits for the next report, where one is due soon."""
        report_at = self._reports.due_at
        latest = self._beat_at + _BEAT_WAITS * self._beat_seconds
        return report_at if report_at <= latest else self._beat_at

    def _sync(self, *, beat: bool) -> None:
        want, request_id = self._asking.ask()
        said = self._reports.gather()
        jobs = [each.as_json() for each in said]
        answer = self._dispatcher.sync(jobs, beat=beat, want=want, request_id=request_id)
        if self._over.is_set():
            return
        if not answer.ok:
            self._refused(answer, said, asked=want > 0)
            return
        reply = parse_reply(answer)
        self._back()
        self._heed(reply, beat=beat)
        self._reports.heard(reply, said)
        if want:
            self._asking.answered(answer)

    def _park(self, seconds: float) -> None:
        want, request_id = self._asking.ask()
        if not want:
            return
        wait = max(1, min(LONGEST_WAIT_SECONDS, round(seconds)))
        self.speaking = False
        answer = self._dispatcher.park(limit=want, wait=wait, request_id=request_id)
        if self._over.is_set():
            return
        if answer.ok:
            self._back()
            self._asking.answered(answer)
        else:
            self._asking.refused(answer)

    def _heed(self, reply: Reply, *, beat: bool) -> None:
        self._asking.draining = reply.drain
        self._beat_seconds = reply.heartbeat_seconds or self._beat_seconds
        if beat:
            self._beat_at = reply.sent_at + self._beat_seconds

    def _refused(self, answer: Answer, said: list[Said], *, asked: bool) -> None:
        fault = fault_of(answer)
        if asked and fault is Fault.ASKING:
            self._asking.refused(answer)
        elif not self._reports.refused(fault, answer, said):
            log.warning("a call was refused", action="sync-refused", answer=str(answer))
            self._rest(answer.retry_after)

    def _away(self, error: UnreachableError) -> None:
        if self._backoff.fresh:
            log.warning("the server is not reached", action="server-away", error=str(error))
        self._rest()

    def _back(self) -> None:
        if not self._backoff.fresh:
            log.info("the server answers again", action="server-back")
        self._backoff.reset()

    def _rest(self, retry_after: float | None = None) -> None:
        self._rests_until = self._now() + self._backoff.failed(retry_after)
