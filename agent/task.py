"""One job, from its claim to the last word on it.

1. Say that it starts.
2. Let the engine probe in a thread of its own; meanwhile keep its results safe, report progress,
   and pull the brake when the server, the lease or a signal says so.
3. Keep the rest of its results and the last word: complete, release, or nothing where the job is
   somebody else's by now.
"""

import threading
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

import structlog

from agent import clock
from agent.backoff import Backoff
from agent.brake import Brake
from agent.client import Answer
from agent.dispatcher import Dispatcher
from agent.engines.engine import Engine
from agent.errors import AgentError, EngineError, JobError, UnreachableError
from agent.findings import MESSAGE_CHARACTERS, Findings
from agent.job import Job, JobRef, parse_job, parse_lease_seconds
from agent.keeping import Keeping
from agent.lease import Lease
from agent.options import AgentOptions
from agent.outbox import Outbox
from agent.text import printable
from agent.verdict import Verdict, judge

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_TICK_SECONDS = 0.1
_SENT_SECONDS = 10.0  # how long a finished task keeps its slot while its last word is on the way


class Ending(Enum):
    """Why a task ends before its engine is done."""

    RELEASE = "release"
    ABANDON = "abandon"


_ORDERS = {
    "pause": Ending.RELEASE,
    "cancel": Ending.RELEASE,
    "lease_lost": Ending.ABANDON,
}


class Task:
    """What one slot works on. `order` may come from any thread; `run` is the task's own."""

    def __init__(
        self,
        ref: JobRef,
        raw: Mapping[str, Any],
        *,
        lease: Lease,
        dispatcher: Dispatcher,
        outbox: Outbox,
        engines: Mapping[str, Engine],
        options: AgentOptions,
    ) -> None:
        self.ref = ref
        self.lease = lease
        self._raw = raw
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._engines = engines
        self._options = options
        self._findings = Findings()
        self._keeping = Keeping(ref, self._findings, outbox)
        self._brake = Brake(lease)
        self._ending: Ending | None = None
        self._interrupted = True  # until the engine came to its own end
        self._closing = False
        self._next_report = clock.now()
        self._log = log.bind(job_id=ref.job_id, attempt=ref.attempt)

    def order(self, control: object) -> None:
        """Obey a control word; one that is not known changes nothing."""
        ending = _ORDERS.get(control) if isinstance(control, str) else None
        if ending is not None:
            self._end(ending, f"told {control}")

    def stop(self) -> None:
        """The agent is going down: give the job back, without waiting for a full spool."""
        self._keeping.hurry.set()
        self._end(Ending.RELEASE, "the agent stops")

    def run(self) -> None:
        """Work on the job to its end; never raises for anything that a job can bring about."""
        self._outbox.listen(self.ref, self._heard)
        failure = self._probe() if self._started() else ""
        everything_kept = self._keeping.keep_all()
        self._closing = True
        if self._ending is not Ending.ABANDON:
            if self._interrupted or not everything_kept:
                self._keeping.release()
            else:
                self._keeping.complete(failure)
        self._outbox.wait_sent(self.ref, _SENT_SECONDS)
        self._outbox.close(self.ref)

    def _started(self) -> bool:
        backoff = Backoff()
        while not self._brake.on:
            try:
                answer = self._dispatcher.start(self.ref)
            except UnreachableError as error:
                if backoff.fresh:
                    self._log.warning("start not sent", action="start-failed", error=str(error))
                self._brake.wait(backoff.failed())
                continue
            if self._judged(answer) is Verdict.ACCEPTED:
                return True
            self._brake.wait(backoff.failed(answer.retry_after))
        return False

    def _probe(self) -> str:
        """Run the engine; answers why it failed, or nothing."""
        failures: list[str] = []
        engine = threading.Thread(
            target=self._run_engine, args=(failures,), name=f"engine-{self.ref.job_id}", daemon=True
        )
        self._log.info("task started", action="task-started")
        engine.start()
        while engine.is_alive():
            engine.join(_TICK_SECONDS)
            self._keeping.keep_due(self._options.flush_seconds)
            if not self._brake.on:
                self._report_progress()
        return "".join(failures)

    def _run_engine(self, failures: list[str]) -> None:
        try:
            job = parse_job(self._raw)
            self._engine_for(job).run(job, self._findings, self._brake)
            self._check_probed()
        except Exception as error:  # noqa: BLE001 - whatever an engine does fails its task only
            expected = isinstance(error, AgentError)
            self._log.warning(
                "the engine failed",
                action="engine-failed",
                error=str(error),
                exc_info=not expected,
            )
            failures.append(printable(f"{error}" or type(error).__name__, MESSAGE_CHARACTERS))
        self._interrupted = self._brake.on

    def _check_probed(self) -> None:
        """Hold an engine to having probed something, unless it was stopped."""
        if not (self._findings.probed or self._brake.on):
            raise EngineError(self._findings.remarks or "not one address could be probed")

    def _engine_for(self, job: Job) -> Engine:
        try:
            return self._engines[job.engine]
        except KeyError as error:
            raise JobError(f"this scanner has no engine {job.engine[:60]!r}") from error

    def _report_progress(self) -> None:
        if clock.now() < self._next_report:
            return
        self._next_report = clock.now() + min(
            self._options.progress_seconds, self.lease.seconds / 3
        )
        try:
            answer = self._dispatcher.progress(
                self.ref, hosts_done=self._findings.hosts_done, results=self._findings.count
            )
        except UnreachableError as error:
            self._log.warning("progress not sent", action="progress-failed", error=str(error))
            return
        if self._judged(answer) is Verdict.ACCEPTED:
            self.order(answer.body.get("control"))

    def _judged(self, answer: Answer) -> Verdict:
        """Draw the conclusions that hold for every answer about this job."""
        verdict = judge(answer)
        if verdict is Verdict.ACCEPTED:
            self.lease.renewed(answer.sent_at, _lease_seconds(answer))
        elif verdict is Verdict.LOST:
            self._end(Ending.ABANDON, str(answer))
        elif verdict is not Verdict.LATER or answer.status == HTTPStatus.FORBIDDEN:
            self._end(Ending.RELEASE, str(answer))
        return verdict

    def _heard(self, verdict: Verdict, sent_at: float) -> None:
        """What became of results that an uploader sent."""
        if verdict is Verdict.ACCEPTED:
            self.lease.renewed(sent_at)
        elif verdict is Verdict.LOST:
            self._end(Ending.ABANDON, "the lease was lost")

    def _end(self, ending: Ending, reason: str) -> None:
        if self._closing:
            return
        if self._ending is None:
            self._log.info("task stops", action=f"task-{ending.value}", reason=reason)
        if self._ending is not Ending.ABANDON:
            self._ending = ending
        self._brake.pull()


def _lease_seconds(answer: Answer) -> float | None:
    """How long the lease is by this answer; None where it does not say."""
    try:
        return parse_lease_seconds(answer.body)
    except JobError:
        return None
