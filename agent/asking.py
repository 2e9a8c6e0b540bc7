"""Asks for new jobs: how many, when, and under which id; and begins those that come."""

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from agent import clock
from agent.backoff import Backoff, idle
from agent.client import Answer
from agent.dispatcher import MOST_JOBS_A_SYNC
from agent.errors import JobError
from agent.job import JobRef, parse_lease_seconds, parse_ref
from agent.lease import Lease
from agent.outbox import Outbox
from agent.roster import Roster
from agent.task import Task

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FALLBACK_LEASE_SECONDS = 60.0  # for a job that does not say, until it has been refused
IDLE_SECONDS = 2.0  # where the server does not say when to ask again

TaskMaker = Callable[[JobRef, Mapping[str, Any], Lease], Task]


class Asking:
    """One logical question has one id, however often its answer is lost on the way."""

    def __init__(
        self,
        roster: Roster,
        outbox: Outbox,
        stopping: threading.Event,
        *,
        make_task: TaskMaker,
        now: Callable[[], float] = clock.now,
    ) -> None:
        self._roster = roster
        self._outbox = outbox
        self._stopping = stopping
        self._make_task = make_task
        self._now = now
        self._backoff = Backoff()
        self._refused_until = 0.0
        self._idle_until = 0.0
        self._ended = 0  # tasks, when it was asked last: a slot that came free since is not idle
        self._request_id = ""
        self.draining = False  # the server wants us to ask no more

    def free_slots(self) -> None:
        """Ask from now on for the slots of tasks that are over, and have their ends told."""
        self._roster.free_slots()

    @property
    def want(self) -> int:
        """For how many jobs to ask now."""
        return self._wanted if self._now() >= self._rests_until else 0

    @property
    def due_at(self) -> float:
        """When to ask next, by the clock; infinity where that is not a matter of time."""
        return self._rests_until if self._wanted else float("inf")

    @property
    def _wanted(self) -> int:
        may = not self._stopping.is_set() and not self.draining and self._outbox.has_room
        return min(self._roster.free, MOST_JOBS_A_SYNC) if may else 0

    @property
    def _rests_until(self) -> float:
        idle_until = self._idle_until if self._roster.ended == self._ended else 0.0
        return max(self._refused_until, idle_until)

    def ask(self) -> tuple[int, str]:
        """For how many jobs the call that goes out now asks, and under which id."""
        if not self.want:
            return 0, ""
        self._ended, self._idle_until = self._roster.ended, 0.0
        self._request_id = self._request_id or str(uuid.uuid4())
        return self._wanted, self._request_id

    def refused(self, answer: Answer) -> None:
        """We were given no answer to the question: ask again later."""
        log.warning("no jobs for us", action="claim-refused", answer=str(answer))
        self._refused_until = self._now() + self._backoff.failed(answer.retry_after)

    def answered(self, answer: Answer) -> None:
        """Begin what came; where nothing did, rest."""
        jobs = answer.body.get("jobs")
        if not isinstance(jobs, list):
            self.refused(answer)
            return
        self._backoff.reset()
        self._request_id = ""
        if not sum(map(self._begin, jobs)):
            seconds = IDLE_SECONDS if answer.retry_after is None else answer.retry_after
            self._idle_until = self._now() + idle(seconds)

    def _begin(self, raw: Any) -> bool:
        try:
            ref = parse_ref(raw)
        except JobError as error:
            log.error(  # noqa: TRY400 - what the server sent is the trace
                "a job that cannot be read", action="job-malformed", error=str(error)
            )
            return False
        if self._roster.holds(ref) or self._roster.free < 1:
            return False
        lease = Lease(sent_at=self._now(), seconds=_lease_seconds(raw))
        self._roster.begin(self._make_task(ref, raw, lease))
        return True


def _lease_seconds(raw: Mapping[str, Any]) -> float:
    """The lease of a job; one that does not say is refused when its task reads it."""
    try:
        return parse_lease_seconds(raw)
    except JobError:
        return FALLBACK_LEASE_SECONDS
