"""A fleet of scanners that speak HTTP to the real server, as the agent does; probing is a sleep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.client import Talk, clock
from benchmarks.crew import Scanner

PROBES_PER_SECOND = 1000  # of a task at speed 1; what the server takes for granted
PARK_SECONDS = 3  # a tenth of usual
ABOUT = {"version": "1.0", "engines": ["connect"], "load": 0.5}


@dataclass
class Task:
    """A job in a slot. ends_at: when it has been probed. told: the server knows that it began."""

    attempt: int
    ends_at: float
    told: bool = False


@dataclass
class Simulated:
    """One scanner. speed: of each of its slots. dies_at: by the clock; it leaves without a word."""

    scanner: Scanner
    speed: float
    slots: int
    ports: int
    dies_at: float = float("inf")
    tasks: dict[int, Task] = field(default_factory=dict)
    beat_at: float = 0.0
    ask_at: float = 0.0
    tasks_done: int = 0

    def talk(self) -> Talk:
        """Say what there is to say, park when there is nothing to do, and work until death."""
        while clock() < self.dies_at:
            yield from self._sync()
            if not self.tasks:
                yield from self._park()
            yield max(0.0, min(self._next(), self.dies_at) - clock())

    def _next(self) -> float:
        """When there is something to say."""
        asks = [self.ask_at] if len(self.tasks) < self.slots else []
        return min([self.beat_at, *asks, *(task.ends_at for task in self.tasks.values())])

    def _sync(self) -> Talk:
        """Report what is done, begun or due for a heartbeat; ask for as much as there is room."""
        beats = clock() >= self.beat_at
        done = [job for job, task in self.tasks.items() if task.ends_at <= clock()]
        said = [self._said(job, "completed") for job in done]
        for job, task in self.tasks.items():
            if job not in done and (beats or not task.told):
                said.append(self._said(job, "running"))
                task.told = True
        want = self.slots - len(self.tasks) + len(done)
        body = {"want": want, "jobs": said, **(ABOUT if beats else {})}
        answer = yield self.scanner.post("/scanner/sync", body)
        assert answer.status == 200, answer
        heard = answer.json()
        for job in (*done, *(one["jobId"] for one in (*heard["control"], *heard["errors"]))):
            self.tasks.pop(job, None)
        self.tasks_done += len(done)
        if beats:
            self.beat_at = clock() + heard["heartbeatSeconds"]
        self._begin(heard["jobs"], float(answer.header("Retry-After", "0")))

    def _park(self) -> Talk:
        path = f"/scanner/jobs?limit={self.slots}&wait={PARK_SECONDS}"
        answer = yield self.scanner.get(path)
        assert answer.status == 200, answer
        self._begin(answer.json()["jobs"], float(answer.header("Retry-After", "0")))

    def _begin(self, jobs: list[dict[str, Any]], rest_seconds: float) -> None:
        for job in jobs:
            probes = sum(size(target["range"]) for target in job["targets"]) * self.ports
            ends_at = clock() + probes / (PROBES_PER_SECOND * self.speed)
            self.tasks[job["jobId"]] = Task(job["attempt"], ends_at)
        self.ask_at = clock() + rest_seconds

    def _said(self, job: int, state: str) -> dict[str, Any]:
        return {"jobId": job, "attempt": self.tasks[job].attempt, "state": state}


def size(cidr: str) -> int:
    """How many IPv4 addresses a CIDR has."""
    _, found, bits = cidr.partition("/")
    return 1 << (32 - int(bits)) if found else 1


def lower_bound(work: float, fleet: Sequence[Simulated], began: float) -> float:
    """Seconds in which these scanners can do so much work at best (in seconds of speed 1).

    The dead count until they die.
    """
    total, now = sum(one.speed * one.slots for one in fleet), 0.0
    for one in sorted(fleet, key=lambda each: each.dies_at):
        until = one.dies_at - began
        if now + work / total <= until:
            break
        work -= (until - now) * total
        now, total = until, total - one.speed * one.slots
    return now + work / total


def jain(shares: Iterable[float]) -> float:
    """Jain's index of fairness: 1 where all have the same, 1/n where one has all."""
    all_of_them = list(shares)
    squares = sum(share * share for share in all_of_them)
    return sum(all_of_them) ** 2 / (len(all_of_them) * squares) if squares else 1.0
