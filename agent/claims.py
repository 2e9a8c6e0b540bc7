"""Asks for work whenever there is a free slot, and begins a task for each job that comes."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from agent.backoff import Backoff, idle
from agent.client import Answer
from agent.crew import Crew
from agent.dispatcher import MOST_JOBS_A_CLAIM, Dispatcher
from agent.errors import JobError, UnreachableError
from agent.job import JobRef, parse_lease_seconds, parse_ref
from agent.lease import Lease
from agent.outbox import Outbox
from agent.roster import Roster
from agent.task import Task

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FALLBACK_LEASE_SECONDS = 60.0  # for a job that does not say, until it has been refused
IDLE_SECONDS = 2.0  # where the server does not say when to ask again
_BLOCKED_SECONDS = 1.0

TaskMaker = Callable[[JobRef, Mapping[str, Any], Lease], Task]


class Claims:
    """One logical claim has one request id, however often its answer is lost on the way."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        roster: Roster,
        outbox: Outbox,
        crew: Crew,
        *,
        make_task: TaskMaker,
    ) -> None:
        self._dispatcher = dispatcher
        self._roster = roster
        self._outbox = outbox
        self._crew = crew
        self._make_task = make_task
        self._backoff = Backoff()
        self._request_id = ""

    def run(self) -> None:
        """Claim until the crew stops."""
        while not self._crew.stopping.is_set():
            self._roster.changed.clear()
            seconds = self._turn() if self._may_claim() else _BLOCKED_SECONDS
            if not self._backoff.fresh:  # a slot that comes free is no reason to ask sooner
                self._crew.stopping.wait(seconds)
            elif seconds:
                self._roster.changed.wait(seconds)

    def _may_claim(self) -> bool:
        return self._roster.free > 0 and not self._roster.draining and self._outbox.has_room

    def _turn(self) -> float:
        """Ask once; answers how many seconds to wait before the next time."""
        self._request_id = self._request_id or str(uuid.uuid4())
        limit = min(self._roster.free, MOST_JOBS_A_CLAIM)
        try:
            answer = self._dispatcher.claim(limit=limit, request_id=self._request_id)
        except UnreachableError as error:
            if self._backoff.fresh and not self._crew.stopping.is_set():
                log.warning("no answer to a claim", action="claim-failed", error=str(error))
            return self._backoff.failed()
        if not answer.ok:
            log.warning("claim refused", action="claim-refused", answer=str(answer))
            return self._backoff.failed(answer.retry_after)
        self._backoff.reset()
        self._request_id = ""
        return self._begin_all(answer)

    def _begin_all(self, answer: Answer) -> float:
        jobs = answer.body.get("jobs")
        if not isinstance(jobs, list):
            log.error("an answer without jobs", action="claim-malformed", answer=str(answer))
            return self._backoff.failed()
        begun = sum(self._begin(raw, answer.sent_at) for raw in jobs)
        if begun:
            return 0.0
        return idle(IDLE_SECONDS if answer.retry_after is None else answer.retry_after)

    def _begin(self, raw: Any, sent_at: float) -> bool:
        try:
            ref = parse_ref(raw)
        except JobError as error:
            log.error(  # noqa: TRY400 - what the server sent is the trace
                "a job that cannot be read", action="job-malformed", error=str(error)
            )
            return False
        if self._roster.holds(ref) or self._roster.free < 1:
            return False
        lease = Lease(sent_at=sent_at, seconds=_lease_seconds(raw))
        self._roster.begin(self._make_task(ref, raw, lease))
        return True


def _lease_seconds(raw: Mapping[str, Any]) -> float:
    """The lease of a job; one that does not say is refused when its task reads it."""
    try:
        return parse_lease_seconds(raw)
    except JobError:
        return FALLBACK_LEASE_SECONDS
