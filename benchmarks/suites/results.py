"""How many findings a second are accepted, in batches of 500 on four connections."""

from __future__ import annotations

import itertools
from typing import Any

from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected
from benchmarks.crew import Scanner, register, scan
from benchmarks.rounds import in_turn
from benchmarks.rows import AT_LEAST, Findings, Row
from benchmarks.servers import PATIENT, QUIET, Server, product

CONNECTIONS = 4
BATCH = 500
HOSTS = 256
FINDING = {
    "protocol": "tcp",
    "state": "open",
    "service": "ssh",
    "banner": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
    "observedAt": "2026-01-31T12:00:00.250Z",
}
REACH = 20_000


def measure(*, quick: bool) -> Findings:
    """One row."""
    found = Findings()
    with product(**QUIET, **PATIENT) as server:
        scanners = register(server, CONNECTIONS)
        scan(server, scanners, hostsPerTask=HOSTS)
        uploads = [Upload(scanner) for scanner in scanners]
        seconds = 1.0 if quick else 3.0
        side = {"findings": lambda: _round(server, uploads, seconds)}
        rates = in_turn(side, 3 if quick else 5)
    what = f"findings accepted, in batches of {BATCH} on {CONNECTIONS} connections"
    found.add(Row(what, rates.median("findings"), AT_LEAST, REACH, "/s", rates.raw("findings")))
    return found


class Upload:
    """A scanner with one job, who reports findings of it without end."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.job: dict[str, Any] = {}
        self.batches = itertools.count(1)
        self.accepted = 0

    def talk(self, until: float) -> Talk:
        """Batch after batch until then."""
        if not self.job:
            answer = yield self.scanner.get("/scanner/jobs")
            (self.job,) = answer.json()["jobs"]
            yield self.scanner.post(f"{self._path}/start", {})
        while clock() < until:
            answer = yield self._batch(next(self.batches))
            assert answer.status == 200, answer
            self.accepted += answer.json()["accepted"]

    @property
    def _path(self) -> str:
        return f"/scanner/jobs/{self.job['jobId']}"

    def _batch(self, number: int) -> bytes:
        network = self.job["targets"][0]["range"].rpartition(".")[0]
        rows = [
            {"host": f"{network}.{row % HOSTS}", "port": 1 + (number * 7 + row) % 65535, **FINDING}
            for row in range(BATCH)
        ]
        body = {"attempt": self.job["attempt"], "batch": number, "results": rows}
        return self.scanner.post(f"{self._path}/results", body)


def _round(server: Server, uploads: list[Upload], seconds: float) -> float:
    before = sum(upload.accepted for upload in uploads)
    with connected(server, len(uploads)) as connections:
        until = clock() + seconds
        tally = converse(connections, [upload.talk(until) for upload in uploads])
    return (sum(upload.accepted for upload in uploads) - before) / tally.seconds
