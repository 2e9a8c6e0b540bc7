"""The plain calls of a scanner: what it asks, and what it keeps of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.crew import Scanner
from benchmarks.wire import Answer

CALLS = ("claim", "start", "progress", "results", "heartbeat", "complete", "release")
LISTED = 10  # jobs in a heartbeat
FINDING = {"protocol": "tcp", "state": "open", "service": "http", "banner": "nginx/1.24.0"}


@dataclass
class Worker:
    """A scanner, and the jobs that it holds, as the server gave them."""

    scanner: Scanner
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def requests(self, call: str, count: int) -> list[bytes]:
        """So many of one call; those about a job, one for each that it holds."""
        if call == "claim":
            return [self.scanner.get("/scanner/jobs")] * count
        if call == "heartbeat":
            return [self.scanner.post("/scanner/heartbeat", self._beat())] * count
        return [self._about(call, job) for job in self.jobs[:count]]

    def heard(self, call: str, answers: list[Answer]) -> None:
        """Take what a claim brought, let go what has ended."""
        if call == "claim":
            self.jobs += [job for answer in answers for job in answer.json()["jobs"]]
        elif call in {"complete", "release"}:
            del self.jobs[: len(answers)]

    def _beat(self) -> dict[str, Any]:
        listed = [{"jobId": j["jobId"], "attempt": j["attempt"]} for j in self.jobs[:LISTED]]
        return {"version": "1.0", "engines": ["connect"], "jobs": listed, "load": 0.5}

    def _about(self, call: str, job: dict[str, Any]) -> bytes:
        host = job["targets"][0]["range"].partition("/")[0]
        bodies: dict[str, dict[str, Any]] = {
            "start": {},
            "progress": {"progressCount": 1, "resultCount": 3},
            "results": {
                "batch": 1,
                "results": [{"host": host, "port": port, **FINDING} for port in (80, 443, 8080)],
            },
            "complete": {"status": "completed", "resultCount": 3},
            "release": {"hostsDone": 0},
        }
        body = {"attempt": job["attempt"], **bodies[call]}
        return self.scanner.post(f"/scanner/jobs/{job['jobId']}/{call}", body)
