"""How near to the best possible time a fleet finishes, and how evenly equal scans progress.

Twenty scanners in one group, of speeds 0.5 to 4 that the server is not told, work on four equal
scans and then on twelve of mixed sizes. One in ten dies at work; what it held comes back when its
leases have run out. Time is a tenth of what is usual: tasks of 6 seconds, leases of 12.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected
from benchmarks.crew import group, register, scan
from benchmarks.rows import AT_LEAST, AT_MOST, Findings, Row
from benchmarks.servers import Server, product
from benchmarks.simulation import PROBES_PER_SECOND, Simulated, jain, lower_bound, size
from benchmarks.wire import look

SETTINGS = {
    "TASK_SECONDS": 6,
    "LEASE_SECONDS": 12,
    "CLAIM_SECONDS": 6,
    "HEARTBEAT_SECONDS": 3,
    "OFFLINE_SECONDS": 9,
    "SWEEP_SECONDS": 1,
    "IDLE_RETRY_SECONDS": 1,
}
SCANNERS, SLOTS = 20, 4
SLOWEST, FASTEST = 0.5, 4.0
PORTS = 40
EQUAL = (16,) * 4  # CIDRs of so many bits
MIXED = (16, 17, 18, 17, 20, 24, 18, 20, 24, 17, 22, 24)
DEATHS = {4: 0.25, 13: 0.6}  # which die, and when: of the time that all would take at best
LOOK_SECONDS = 0.5
PATIENCE = 3.0  # times that time


@dataclass
class Progress:
    """The scans as an operator sees them, until all have ended."""

    server: Server
    scans: list[int]
    seconds_at_most: float
    half_way: list[int] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)

    def talk(self) -> Talk:
        """Look, and rest."""
        assert self.server.operator is not None
        requests = [look(f"/api/scans/{one}", self.server.operator.token) for one in self.scans]
        until = clock() + self.seconds_at_most
        while not self.ended:
            seen = []
            for request in requests:
                answer = yield request
                seen.append(answer.json())
            assert clock() < until, f"the fleet is not done: {seen}"
            self._note(seen)
            yield LOOK_SECONDS

    def _note(self, seen: list[dict[str, Any]]) -> None:
        done = [one["hosts"]["done"] for one in seen[: len(EQUAL)]]
        if (
            not self.half_way
            and sum(done) >= sum(one["hosts"]["total"] for one in seen[: len(EQUAL)]) / 2
        ):
            self.half_way = done
        if all(one["finishedAt"] for one in seen):
            self.ended = seen

    @property
    def ended_at(self) -> float:
        """When the last one did, in seconds since 1970."""
        last = max(one["finishedAt"] for one in self.ended)
        return dt.datetime.fromisoformat(last).timestamp()


def measure(*, quick: bool) -> Findings:
    """Two rows. A quick run has a fourth of the ports, and so of the time."""
    found = Findings()
    ports = PORTS // 4 if quick else PORTS
    with product(**SETTINGS) as server:
        scans, fleet = prepare(server, ports)
        work = sum(map(addresses, EQUAL + MIXED)) * ports / PROBES_PER_SECOND
        best = lower_bound(work, fleet, 0.0)
        with connected(server, 1 + SCANNERS, evenly=False) as connections:
            began, wall = clock(), time.time()
            for number, share in DEATHS.items():
                fleet[number].dies_at = began + share * best
            bound = lower_bound(work, fleet, began)
            progress = Progress(server, scans, bound * PATIENCE)
            talks = [progress.talk(), *(one.talk() for one in fleet)]
            converse(connections, talks, leading=1)
    makespan = progress.ended_at - wall
    raw = (
        f"{makespan:.1f} s, at best {bound:.1f} s; {SCANNERS} scanners, {len(DEATHS)} died, "
        f"{sum(one.tasks_done for one in fleet):,} tasks"
    )
    what = "makespan of a simulated fleet / lower bound"
    found.add(Row(what, makespan / bound, AT_MOST, 1.05, raw=raw))
    raw = f"addresses done half-way: {', '.join(f'{done:,}' for done in progress.half_way)}"
    what = "Jain's fairness among equal scans"
    found.add(Row(what, jain(progress.half_way), AT_LEAST, 0.98, raw=raw))
    return found


def prepare(server: Server, ports: int) -> tuple[list[int], list[Simulated]]:
    """The scans, waiting, and the scanners that will do them."""
    group_id = group(server, jobCapacity=len(EQUAL))
    options = {"taskCapacity": SLOTS, "jobCapacity": len(EQUAL), "groupIds": [group_id]}
    scanners = register(server, SCANNERS, **options)
    scans = [
        scan(
            server,
            scannerIds=[],
            groupIds=[group_id],
            targets=[f"10.{number}.0.0/{bits}"],
            ports=f"1-{ports}",
            hostsPerTask=None,
        )
        for number, bits in enumerate(EQUAL + MIXED)
    ]
    step = (FASTEST - SLOWEST) / (SCANNERS - 1)
    fleet = [
        Simulated(scanner, SLOWEST + step * number, SLOTS, ports)
        for number, scanner in enumerate(scanners)
    ]
    return scans, fleet


def addresses(bits: int) -> int:
    """How many a CIDR of so many bits has."""
    return size(f"10.0.0.0/{bits}")
