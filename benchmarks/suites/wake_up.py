"""From a `POST /api/scans` to the job in a parked scanner's hands.

Twenty scanners of one group are parked. An operator creates a scan of one address every 20 ms; the
scanner that is woken reports it done and parks again. The rows begin when the operator has the
answer (a job that is handed over before counts as 0 ms); beside them is the time from when the POST
was sent, which has the making of the scan in it.
"""

from __future__ import annotations

from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected
from benchmarks.crew import Scanner, group, register
from benchmarks.latency import Latency
from benchmarks.rows import AT_MOST, Findings, Row
from benchmarks.servers import QUIET, Server, product
from benchmarks.wire import operate

SCANNERS = 20
SETTLE_SECONDS = 1.0
PAUSE_SECONDS = 0.02
PARK = "/scanner/jobs?wait=30"
TARGET = "10.0.0.1"


class Wakes:
    """When each scan's creation was answered, and when a scanner had its job; by the scan's id."""

    def __init__(self) -> None:
        self.asked: dict[int, float] = {}
        self.created: dict[int, float] = {}
        self.handed: dict[int, float] = {}

    def operator(self, token: str, group_id: int, count: int) -> Talk:
        """Create the scans, one after the other."""
        body = {"targets": [TARGET], "ports": "80", "groupIds": [group_id]}
        request = operate("/api/scans", token, body)
        yield SETTLE_SECONDS
        for _ in range(count):
            asked = clock()
            answer = yield request
            assert answer.status == 201, answer
            scan = answer.json()["scanId"]
            self.asked[scan], self.created[scan] = asked, clock()
            yield PAUSE_SECONDS
        yield SETTLE_SECONDS

    def scanner(self, scanner: Scanner) -> Talk:
        """Park, take what comes, report it done, and park again."""
        while True:
            answer = yield scanner.get(PARK)
            now = clock()
            for job in answer.json()["jobs"]:
                self.handed[job["scanId"]] = now
                path = f"/scanner/jobs/{job['jobId']}"
                yield scanner.post(f"{path}/start", {})
                yield scanner.post(f"{path}/complete", {"status": "completed"})

    def latency(self, since: dict[int, float]) -> Latency:
        """From then to the hand-over; what was handed over even before counts as nothing."""
        assert self.handed.keys() == self.created.keys(), "a scan was handed to nobody"
        return Latency.of(max(0.0, self.handed[scan] - at) for scan, at in since.items())


def measure(*, quick: bool) -> Findings:
    """Two rows."""
    found = Findings()
    with product(**QUIET) as server:
        wakes = run(server, 200 if quick else 1500)
    latency, whole = wakes.latency(wakes.created), wakes.latency(wakes.asked)
    what = "from POST /api/scans answered to the job in a parked scanner's hands"
    raw = f"from the POST answered: {latency}; from the POST sent: {whole}"
    found.add(Row(f"{what}, p50", latency.at(50), AT_MOST, 3, "ms", raw))
    found.add(Row(f"{what}, p99", latency.at(99), AT_MOST, 25, "ms"))
    found.curves["POST /api/scans to a parked scanner"] = latency.curve
    return found


def run(server: Server, count: int) -> Wakes:
    """So many scans."""
    assert server.operator is not None
    wakes = Wakes()
    group_id = group(server)
    scanners = register(server, SCANNERS, groupIds=[group_id])
    operator = wakes.operator(server.operator.token, group_id, count)
    with connected(server, 1 + SCANNERS, evenly=False) as connections:
        talks = [operator, *(wakes.scanner(scanner) for scanner in scanners)]
        converse(connections, talks, leading=1)
    return wakes
