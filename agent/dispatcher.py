"""The calls of the scanner protocol, one method each (api.md, section 1)."""

from typing import Any

from agent import machine
from agent.client import Answer, Client
from agent.job import JobRef

MOST_JOBS_A_CLAIM = 10
MOST_JOBS_A_HEARTBEAT = 100


class Dispatcher:
    """The server as a scanner sees it. Every method may raise `UnreachableError`."""

    def __init__(self, client: Client, *, boot_id: str, engines: list[str]) -> None:
        self._client = client
        self._boot_id = boot_id
        self._engines = engines

    def claim(self, *, limit: int, request_id: str) -> Answer:
        """Ask for work; the same `request_id` asks for the same jobs again."""
        path = f"/scanner/jobs?limit={min(limit, MOST_JOBS_A_CLAIM)}"
        return self._client.call("GET", path, request_id=request_id)

    def start(self, ref: JobRef) -> Answer:
        """Probing is about to begin."""
        return self._about(ref, "start", {})

    def progress(self, ref: JobRef, *, hosts_done: int, results: int) -> Answer:
        """How far it is, counted in addresses; the answer may hold an order to stop."""
        return self._about(ref, "progress", {"progressCount": hosts_done, "resultCount": results})

    def report(self, ref: JobRef, call: str, body: dict[str, Any]) -> Answer:
        """A call that came from the spool: `results`, `complete` or `release`."""
        return self._about(ref, call, body)

    def heartbeat(self, jobs: list[JobRef]) -> Answer:
        """We live, and hold these jobs."""
        return self._client.call(
            "POST",
            "/scanner/heartbeat",
            {
                "version": machine.version(),
                "bootId": self._boot_id,
                "engines": self._engines,
                "jobs": [{"jobId": ref.job_id, "attempt": ref.attempt} for ref in jobs],
                "load": machine.load(),
                "cpuCount": machine.cpu_count(),
                "memoryBytes": machine.memory_bytes(),
            },
        )

    def _about(self, ref: JobRef, call: str, body: dict[str, Any]) -> Answer:
        body = {"attempt": ref.attempt, **body}
        return self._client.call("POST", f"/scanner/jobs/{ref.job_id}/{call}", body)
