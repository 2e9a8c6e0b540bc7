"""Tasks, as a scanner drives them, from claim to complete or release."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import redis

from queues.exchange import Beaten, Claimed, Controlled, Holder, Lease, Report, Said, Synced, Timing
from queues.keys import SiteKeys
from queues.outcomes import accepted, refusal
from queues.parts import Part, Parts
from queues.scripts import Now, server_clock
from queues.store import Record, Store
from queues.task_records import unpacked
from queues.wakes import Park

LOOK_AGAIN = "-1"  # what a claim says that moved as many waiting scans as one script may
LOOKS_AT_MOST = 20
SWEPT_AT_MOST = 20  # leases, in one claim


class TaskStore(Store):
    """One script a call. A changed scanner record raises StaleRecord, and nothing was written."""

    def __init__(
        self, client: redis.Redis, timing_of: Callable[[SiteKeys], Timing], now: Now = server_clock
    ) -> None:
        super().__init__(client, now)
        self._timing_of = timing_of
        self._parts = Parts(client)

    def claim(
        self, holder: Holder, *, limit: int, request: str = "", park: Park | None = None
    ) -> Claimed:
        """Hand out up to `limit` tasks; to a request repeated, what it got and did not start.

        park: where a poll that finds nothing waits from then on; None: nowhere.
        """
        timing = self._timing_of(holder.keys)
        limits = (timing.task_seconds, timing.default_rate, timing.least_rate)
        rest = (*limits, *((park.ms, park.process) if park else (0, "")))
        swept = ""
        for _ in range(LOOKS_AT_MOST):
            answer = self._run("claim", holder, limit, request, timing.claim_ms, swept, *rest)
            if answer[0] == "sweep":
                self.scripts.run("sweep_leases", holder.keys, timing.lease_ms, SWEPT_AT_MOST)
                swept = "1"
                continue
            wait, *rows = accepted(answer, "Scanner")
            if wait != LOOK_AGAIN:
                break
        return Claimed(self._leases(holder.keys, rows), max(0, int(wait)))

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
        held = [part for task, attempt in tasks for part in (task, attempt or "")]
        args = (self._timing_of(holder.keys).lease_ms, *report, *held)
        drain, outdated, *rest = accepted(self._run("heartbeat", holder, *args), "Scanner")
        words = zip(rest[::2], rest[1::2], strict=True)
        control = {int(task): word for task, word in words}
        return Beaten(drain == "1", control, _ids(outdated))

    def sync(
        self, holder: Holder, want: int, request: str, report: Report, said: list[Said]
    ) -> Synced:
        """Take what a scanner says of its tasks, and hand out up to `want` new ones.

        Where leases ran out or rules changed, no task is handed out and wait_ms is None: claim.
        """
        timing = self._timing_of(holder.keys)
        times = (timing.claim_ms, timing.lease_ms, timing.stall_ms, timing.task_seconds)
        rates = (timing.default_rate, timing.least_rate)
        reports = [part for one in said for part in one.parts()]
        asked: list[str | int] = [want, request, *times, *rates, *report, *reports]
        answer: Any = accepted(self._run("sync", holder, *asked), "Scanner")
        drain, outdated, refusals, controls, claim, *rest = answer
        is_claimed = claim == "ok" and rest[0] != LOOK_AGAIN
        return Synced(
            drain=drain == "1",
            leases=self._leases(holder.keys, rest[1:]) if is_claimed else [],
            wait_ms=int(rest[0]) if is_claimed else None,
            refused={int(task): refusal(word, f"Job {task}") for task, *word in refusals},
            control={int(task): word for task, word in controls},
            outdated=_ids(outdated),
        )

    def unpark(self, keys: SiteKeys, scanner: int, process: str, *, handed_on: bool) -> None:
        """A poll of the scanner waits in this process no more.

        handed_on: the process was told of work for it in vain; the next one that waits is.
        """
        self.scripts.run("unpark", keys, scanner, process, "1" if handed_on else "")

    def missed(self, keys: SiteKeys, scanners: list[int], process: str) -> list[int]:
        """Whose polls, of these that wait in this process, were called or may be passed over."""
        answer = self.scripts.run("check_polls", keys, process, *scanners)
        return [int(scanner) for scanner in answer[1:]]

    def unpark_all(self, polls: Iterable[tuple[SiteKeys, int]], process: str) -> None:
        """Many polls at once wait in this process no more."""
        unpark = self.scripts.prepared("unpark")
        with self.client.pipeline(transaction=False) as pipe:
            for keys, scanner in polls:
                pipe.execute_command(*unpark, 1, keys.root, "", scanner, process, "")
            pipe.execute()

    def get(self, keys: SiteKeys, task: int) -> Record | None:
        """A task's record, or None."""
        return self.of(keys, [task])[0] or None

    def of(self, keys: SiteKeys, tasks: list[int]) -> list[Record]:
        """The records of these tasks, {} for none."""
        return [unpacked(kept) for kept in self.records(keys, "task", tasks)]

    def _leases(self, keys: SiteKeys, rows: list[str]) -> list[Lease]:
        """Tasks that a script has handed out."""
        told = [row.replace("|", ":", 2).split(":", 10) for row in rows]
        parts = self._parts.of(keys, [(one[1], one[4]) for one in told])
        return [_lease(one, part) for one, part in zip(told, parts, strict=True)]

    def _about(
        self, script: str, holder: Holder, task: int, attempt: int | None, *args: str | int
    ) -> list[str]:
        given = "" if attempt is None else attempt
        return accepted(self._run(script, holder, task, given, *args), f"Job {task}")

    def _run(self, script: str, holder: Holder, *args: str | int) -> list[str]:
        return self.scripts.run(script, holder.keys, holder.scanner, holder.version, *args)


def _ids(text: str) -> frozenset[int]:
    return frozenset(int(scan) for scan in text.split(",") if scan)


def _lease(told: list[str], part: Part) -> Lease:
    """From what lib/describe.lua answers; queues.task_records says what is in it."""
    task, _, first, last, _, _, attempt, _, _, rate, rest = told
    rated_by, _, _ = rest.partition("|")
    return Lease(
        int(task),
        int(attempt),
        part.scan,
        part.segment,
        int(first),
        int(last),
        int(rate) if rate else None,
        rated_by or None,
        part.job,
    )
