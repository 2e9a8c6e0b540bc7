"""Brings a task's results and its last word to safety: nothing counts before it is in the spool."""

import threading
from typing import Any

import structlog

from agent.findings import Findings
from agent.job import JobRef
from agent.outbox import Outbox

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_ROOM_SECONDS = 0.1


class Keeping:
    """Where the spool is full it waits for room, until somebody is in a `hurry`."""

    def __init__(self, ref: JobRef, findings: Findings, outbox: Outbox) -> None:
        self._ref = ref
        self._findings = findings
        self._outbox = outbox
        self.hurry = threading.Event()

    def keep_due(self, flush_seconds: float) -> None:
        """Keep the batches that are full or have waited long enough, as far as there is room."""
        while self._findings.due(flush_seconds) and self._keep_batch():
            continue

    def keep_all(self) -> bool:
        """Keep every result; False where the hurry was greater than the room."""
        while True:
            if self._keep_batch():
                continue
            if not self._findings.waiting or self.hurry.wait(_ROOM_SECONDS):
                return not self._findings.waiting

    def release(self) -> None:
        """Give the job back; addresses whose results are safe count as done."""
        self._keep_last_word("release", {"hostsDone": self._findings.accounted})

    def complete(self, failure: str) -> None:
        """The job is done, or has failed for the reason given."""
        body: dict[str, Any] = {
            "status": "failed" if failure else "completed",
            "resultCount": self._findings.count,
        }
        if message := failure or self._findings.remarks:
            body["errorMessage"] = message
        self._keep_last_word("complete", body)

    def _keep_batch(self) -> bool:
        """Keep one batch; False where there is no room for it, or nothing to keep."""
        batch = self._findings.batch()
        if batch.results and not self._outbox.put_results(self._ref, batch.results):
            return False
        self._findings.taken(batch)
        return bool(batch.results)

    def _keep_last_word(self, call: str, body: dict[str, Any]) -> None:
        about = {"job_id": self._ref.job_id, "attempt": self._ref.attempt}
        log.info("task ends", action=f"task-{call}", **about, **body)
        while not self._outbox.put_final(self._ref, call, body):
            if self.hurry.wait(_ROOM_SECONDS):
                log.error("the last word on a task is lost", action="last-word-lost", **about)
                return
