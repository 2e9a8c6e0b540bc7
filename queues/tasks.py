"""Tasks, as a scanner drives them, from claim to complete or release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis

from domain.space import Segment
from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.scripts import Now, server_clock
from queues.store import Record, Store

LOOK_AGAIN = "-1"  # what a claim says that moved as many waiting scans as one script may
LOOKS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Holder:
    """Who calls: a scanner of a site, and the version of its record that was checked."""

    keys: SiteKeys
    scanner: int
    version: str


@dataclass(frozen=True, slots=True)
class Timing:
    """The durations that the scripts need, in milliseconds but for task_seconds."""

    claim_ms: int
    lease_ms: int
    stall_ms: int
    task_seconds: int
    default_rate: int
    least_rate: int = 1


@dataclass(frozen=True, slots=True)
class Lease:
    """A task in a scanner's hands. rate in probes per second, None for no limit."""

    task: int
    attempt: int
    scan: int
    segment: Segment
    first: int
    last: int
    rate: int | None
    rated_by: str | None
    job: str

    @classmethod
    def read(cls, row: list[str]) -> Lease:
        """From what lib/describe.lua answers."""
        task, attempt, scan, first, last, segment, rate, rated_by, job = row
        return cls(
            task=int(task),
            attempt=int(attempt),
            scan=int(scan),
            segment=Segment.decode(segment),
            first=int(first),
            last=int(last),
            rate=int(rate) if rate else None,
            rated_by=rated_by or None,
            job=job,
        )


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought, and for how long the scanner need not ask again."""

    leases: list[Lease]
    wait_ms: int


@dataclass(frozen=True, slots=True)
class Controlled:
    """What is said to a report: the control word, the task's rate in probes per second.

    outdated: scans still to be cut by changed rules of the site, which may change the word.
    """

    control: str
    rate: int | None
    outdated: frozenset[int]


@dataclass(frozen=True, slots=True)
class Beaten:
    """What is said to a heartbeat: whether to drain, and a word for each task not to go on.

    outdated: as in Controlled.
    """

    drain: bool
    control: dict[int, str]
    outdated: frozenset[int]


@dataclass(frozen=True, slots=True)
class Report:
    """Machine facts of a heartbeat; '' where the scanner did not say."""

    version: str = ""
    boot: str = ""
    engines: str = ""
    cpus: str = ""
    memory: str = ""
    load: str = ""


class TaskStore(Store):
    """One script a call. A changed scanner record raises StaleRecord, and nothing was written."""

    def __init__(
        self, client: redis.Redis, timing_of: Callable[[SiteKeys], Timing], now: Now = server_clock
    ) -> None:
        super().__init__(client, now)
        self._timing_of = timing_of

    def claim(self, holder: Holder, *, limit: int, request: str = "") -> Claimed:
        """Hand out up to `limit` tasks; to a request repeated, what it got and did not start."""
        timing = self._timing_of(holder.keys)
        limits = (timing.claim_ms, timing.lease_ms, timing.task_seconds)
        rates = (timing.default_rate, timing.least_rate)
        for _ in range(LOOKS_AT_MOST):
            answer = self._run("claim", holder, limit, request, *limits, *rates)
            wait, *rows = accepted(answer, "Scanner")
            if wait != LOOK_AGAIN:
                break
        return Claimed([Lease.read(row) for row in rows], max(0, int(wait)))

    def start(self, holder: Holder, task: int, attempt: int | None) -> None:
        """A task begins, and with it perhaps its scan."""
        timing = self._timing_of(holder.keys)
        self._about("start", holder, task, attempt, timing.lease_ms, timing.stall_ms)

    def progress(
        self, holder: Holder, task: int, attempt: int | None, *, done: int, results: int
    ) -> Controlled:
        """Renew the lease; answers the control word and the task's rate."""
        timing = self._timing_of(holder.keys)
        limits = (timing.lease_ms, timing.stall_ms)
        answer = self._about("progress", holder, task, attempt, *limits, done, results)
        control, rate, outdated = answer
        return Controlled(control, int(rate) if rate else None, _ids(outdated))

    def results(
        self, holder: Holder, task: int, attempt: int, *, batch: int, count: int, rows: str
    ) -> None:
        """Keep a batch, once. rows: a JSON array of `count` results."""
        self._about(
            "results",
            holder,
            task,
            attempt,
            self._timing_of(holder.keys).lease_ms,
            batch,
            count,
            rows,
        )

    def complete(
        self,
        holder: Holder,
        task: int,
        attempt: int | None,
        *,
        status: str,
        results: int | None,
        message: str,
    ) -> None:
        """The final word on a task: completed or failed."""
        count = "" if results is None else results
        self._about("complete", holder, task, attempt, status, count, message)

    def release(self, holder: Holder, task: int, attempt: int | None, *, done: int) -> None:
        """Give a task back whose first `done` addresses are done."""
        self._about("release", holder, task, attempt, done)

    def heartbeat(
        self, holder: Holder, report: Report, tasks: list[tuple[int, int | None]]
    ) -> Beaten:
        """Renew the leases of the listed tasks."""
        facts = (report.version, report.boot, report.engines)
        machine = (report.cpus, report.memory, report.load)
        held = [part for task, attempt in tasks for part in (task, attempt or "")]
        args = (self._timing_of(holder.keys).lease_ms, *facts, *machine, *held)
        drain, outdated, *rest = accepted(self._run("heartbeat", holder, *args), "Scanner")
        words = zip(rest[::2], rest[1::2], strict=True)
        control = {int(task): word for task, word in words}
        return Beaten(drain == "1", control, _ids(outdated))

    def get(self, keys: SiteKeys, task: int) -> Record | None:
        """A task's record, or None."""
        return self.record(keys, "task", task)

    def _about(
        self, script: str, holder: Holder, task: int, attempt: int | None, *args: str | int
    ) -> list[str]:
        given = "" if attempt is None else attempt
        return accepted(self._run(script, holder, task, given, *args), f"Job {task}")

    def _run(self, script: str, holder: Holder, *args: str | int) -> list[str]:
        return self.scripts.run(script, holder.keys, holder.scanner, holder.version, *args)


def _ids(text: str) -> frozenset[int]:
    return frozenset(int(scan) for scan in text.split(",") if scan)
