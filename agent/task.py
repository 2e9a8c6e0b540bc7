"""One job, from its claim to the last word on it.

1. Wait until the server has heard that it starts.
2. Let the engine probe; meanwhile keep its results safe, and pull the brake when the server, the
   lease or a signal says so.
3. Keep the rest of its results and the last word: complete, release, or nothing where the job is
   somebody else's by now.

What is said of it, and heard, is the conversation's business.
"""

import math
import threading
from collections.abc import Mapping
from enum import Enum
from typing import Any

import structlog

from agent.brake import Brake
from agent.engines.engine import Engine
from agent.findings import Findings
from agent.job import JobRef
from agent.keeping import Keeping
from agent.lease import Lease
from agent.options import AgentOptions
from agent.outbox import Outbox
from agent.probing import Probing
from agent.reply import Reply
from agent.verdict import Verdict

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_TICK_SECONDS = 0.1
_LEASE_SHARE = 1 / 3  # of the lease: a task is heard of more often than that
_STOP = {"pause", "cancel"}  # a control word that is not known changes nothing


class Ending(Enum):
    """Why a task ends before its engine is done."""

    RELEASE = "release"
    ABANDON = "abandon"


class Task:
    """What one slot works on. `run` is the task's own thread; the rest may come from any."""

    def __init__(
        self,
        ref: JobRef,
        raw: Mapping[str, Any],
        *,
        lease: Lease,
        outbox: Outbox,
        engines: Mapping[str, Engine],
        options: AgentOptions,
    ) -> None:
        self.ref = ref
        self.lease = lease
        self._outbox = outbox
        self._options = options
        self._findings = Findings()
        self._keeping = Keeping(ref, self._findings, outbox)
        self._brake = Brake(lease)
        self._ending: Ending | None = None
        self._probing = Probing(raw, engines, self._findings, self._brake)
        self._accepted = threading.Event()
        self._closing = False
        self.told_at = -math.inf
        self._log = log.bind(job_id=ref.job_id, attempt=ref.attempt)

    @property
    def silent(self) -> bool:
        """Whether nothing is to be said of it any more but what lies in the outbox."""
        return self._closing or self._ending is Ending.ABANDON

    @property
    def due_at(self) -> float:
        """When it is to be told of, by the clock."""
        return self.told_at + self.pace

    @property
    def pace(self) -> float:
        """Seconds from one time that it is told of to the next."""
        return min(self._options.progress_seconds, self.lease.seconds * _LEASE_SHARE)

    @property
    def progress(self) -> dict[str, Any]:
        """How far it is, counted in addresses."""
        return {
            "progressCount": self._findings.hosts_done,
            "resultCount": self._findings.count,
        }

    def heard(self, verdict: Verdict, reply: Reply, *, reported: bool) -> None:
        """It was told of in a call; a refusal is meant for a report where one was with it."""
        self.told_at = reply.sent_at
        if verdict is Verdict.ACCEPTED:
            self.lease.renewed(reply.sent_at, reply.lease_seconds)
            self._accepted.set()
        elif verdict is Verdict.LOST:
            self._end(Ending.ABANDON, "it is not ours any more")
        elif verdict is not Verdict.LATER and not reported:
            self.give_back(f"told of, it was {verdict.value}")
        control = reply.controls.get(self.ref.job_id)
        if control in _STOP:
            self.give_back(f"told {control}")

    def give_back(self, reason: str) -> None:
        """Stop, and let the server have it."""
        self._end(Ending.RELEASE, reason)

    def stop(self) -> None:
        """The agent is going down: give the job back, without waiting for a full spool."""
        self._keeping.hurry.set()
        self.give_back("the agent stops")

    def run(self) -> None:
        """Work on the job to its end; never raises for anything that a job can bring about."""
        self._outbox.open(self.ref)
        if self._started():
            self._log.info("task started", action="task-started")
            self._probing.run(lambda: self._keeping.keep_due(self._options.flush_seconds))
        everything_kept = self._keeping.keep_all()
        self._closing = True
        if self._ending is not Ending.ABANDON:
            if self._probing.interrupted or not everything_kept:
                self._keeping.release()
            else:
                self._keeping.complete(self._probing.failure)

    def close(self) -> None:
        """It has run, and its slot is free: its last word may be told."""
        self._outbox.close(self.ref)

    def _started(self) -> bool:
        while not self._brake.on:
            if self._accepted.wait(_TICK_SECONDS):
                return True
        return False

    def _end(self, ending: Ending, reason: str) -> None:
        if self._closing:
            return
        if self._ending is None:
            self._log.info("task stops", action=f"task-{ending.value}", reason=reason)
        if self._ending is not Ending.ABANDON:
            self._ending = ending
        self._brake.pull()
