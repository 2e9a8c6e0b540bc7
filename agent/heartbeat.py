"""Tells the server at the pace it asks for that we live, and brings its orders to the tasks."""

from collections.abc import Sequence

import structlog

from agent.backoff import Backoff
from agent.client import Answer
from agent.crew import Crew
from agent.dispatcher import MOST_JOBS_A_HEARTBEAT, Dispatcher
from agent.errors import UnreachableError
from agent.roster import Roster
from agent.task import Task

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DEFAULT_SECONDS = 30.0
SHORTEST_SECONDS = 0.2
LONGEST_SECONDS = 300.0


class Heartbeat:
    """Beats until the crew stops; a beat that fails is repeated sooner."""

    def __init__(self, dispatcher: Dispatcher, roster: Roster, crew: Crew) -> None:
        self._dispatcher = dispatcher
        self._roster = roster
        self._crew = crew
        self._backoff = Backoff()
        self._seconds = DEFAULT_SECONDS

    def run(self) -> None:
        """Beat, wait, beat."""
        while not self._crew.stopping.is_set():
            self._crew.stopping.wait(self.beat())

    def beat(self) -> float:
        """Beat once for all tasks; answers after how many seconds to beat again."""
        tasks = self._roster.tasks()
        for start in range(0, max(1, len(tasks)), MOST_JOBS_A_HEARTBEAT):
            wait = self._beat_for(tasks[start : start + MOST_JOBS_A_HEARTBEAT])
        return wait

    def _beat_for(self, tasks: Sequence[Task]) -> float:
        try:
            answer = self._dispatcher.heartbeat([task.ref for task in tasks])
        except UnreachableError as error:
            if self._backoff.fresh and not self._crew.stopping.is_set():
                log.warning("heartbeat not sent", action="heartbeat-failed", error=str(error))
            return min(self._seconds, self._backoff.failed())
        if not answer.ok:
            log.warning("heartbeat refused", action="heartbeat-refused", answer=str(answer))
            return self._backoff.failed(answer.retry_after)
        if not self._backoff.fresh:
            log.info("heartbeats are answered again", action="heartbeat-back")
        self._backoff.reset()
        self._obey(answer, tasks)
        return self._seconds

    def _obey(self, answer: Answer, tasks: Sequence[Task]) -> None:
        """Orders are for the attempts that this very beat listed, not for later ones."""
        controls = _controls(answer.body.get("control"))
        for task in tasks:
            control = controls.get(task.ref.job_id, "continue")
            if control != "lease_lost":
                task.lease.renewed(answer.sent_at)
            task.order(control)
        self._roster.draining = answer.body.get("drain") is True
        seconds = answer.body.get("heartbeatSeconds")
        if isinstance(seconds, int | float):
            self._seconds = min(LONGEST_SECONDS, max(SHORTEST_SECONDS, seconds))


def _controls(raw: object) -> dict[int, str]:
    rows = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    pairs = [(row.get("jobId"), row.get("control")) for row in rows]
    return {
        job_id: control
        for job_id, control in pairs
        if isinstance(job_id, int) and isinstance(control, str)
    }
