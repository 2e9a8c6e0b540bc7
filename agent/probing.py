"""One engine at one job, in a thread of its own; whatever it does, it fails its job only."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from agent.brake import Brake
from agent.engines.engine import Engine
from agent.errors import AgentError, EngineError, JobError
from agent.findings import MESSAGE_CHARACTERS, Findings
from agent.job import Job, parse_job
from agent.text import printable

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_TICK_SECONDS = 0.1


class Probing:
    """`failure` says why it failed, if it did; `interrupted`, that it did not come to its end."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        engines: Mapping[str, Engine],
        findings: Findings,
        brake: Brake,
    ) -> None:
        self._raw = raw
        self._engines = engines
        self._findings = findings
        self._brake = brake
        self.failure = ""
        self.interrupted = True

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Probe until it is done or the brake is on; look at `meanwhile` several times a second."""
        engine = threading.Thread(target=self._run, daemon=True)
        engine.start()
        while engine.is_alive():
            engine.join(_TICK_SECONDS)
            meanwhile()

    def _run(self) -> None:
        try:
            job = parse_job(self._raw)
            self._engine_for(job).run(job, self._findings, self._brake)
            self._check_probed()
        except Exception as error:
            expected = isinstance(error, AgentError)
            log.warning(
                "the engine failed",
                action="engine-failed",
                job_id=self._raw.get("jobId"),
                error=str(error),
                exc_info=not expected,
            )
            self.failure = printable(f"{error}" or type(error).__name__, MESSAGE_CHARACTERS)
        self.interrupted = self._brake.on

    def _check_probed(self) -> None:
        """Hold an engine to having probed something, unless it was stopped."""
        if not (self._findings.probed or self._brake.on):
            raise EngineError(self._findings.remarks or "not one address could be probed")

    def _engine_for(self, job: Job) -> Engine:
        try:
            return self._engines[job.engine]
        except KeyError as error:
            raise JobError(f"this scanner has no engine {job.engine[:60]!r}") from error
