"""The store as a scanner calls it, each call as the ingest makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dispatch.recutting import Recutting
from domain.errors import ScanToBeRecut
from queues.exchange import Beaten, Controlled, Holder, Lease, Report, Said, Synced, Timing
from queues.keys import SiteKeys
from queues.tasks import TaskStore
from queues.wakes import Park
from tests.model import world
from tests.model.records import Which, Who
from tests.model.slices import Given
from tests.model.syncing import Told

TIMING = Timing(
    claim_ms=world.CLAIM_MS,
    lease_ms=world.LEASE_MS,
    stall_ms=world.STALL_MS,
    task_seconds=world.TASK_SECONDS,
    default_rate=world.DEFAULT_RATE,
    least_rate=world.LEAST_RATE,
)

Answer = tuple[Any, ...]
T = TypeVar("T")
Heard = TypeVar("Heard", Controlled, Beaten)


class ScannerCalls:
    """Methods are named and called as the model's functions are."""

    keys: SiteKeys
    tasks: TaskStore
    recutting: Recutting

    def claim(
        self, who: Who, limit: int, request: str, park: tuple[str, int] | None = None
    ) -> Answer:
        holder, where = self._holder(who), Park(*park) if park else None
        claimed = self._cut_anew(
            lambda: self.tasks.claim(holder, limit=limit, request=request, park=where)
        )
        return ([_given(lease) for lease in claimed.leases],)

    def unpark(self, scanner: int, process: str, why: str) -> None:
        self.tasks.unpark(self.keys, scanner, process, handed_on=why == "handed on")

    def sync(
        self, who: Who, wanted: tuple[int, str], facts: dict[str, str], reports: list[Told]
    ) -> Answer:
        """As dispatch.syncing does it. wanted: how many tasks, and the request's name."""
        (want, request) = wanted
        holder, said = self._holder(who), [_said(told) for told in reports]
        synced = self.tasks.sync(holder, want, request, Report(**facts), said)
        refused = {task: type(error).__name__ for task, error in synced.refused.items()}
        control = synced.control
        if synced.outdated:
            control = self._words_anew(holder, synced, reports)
        given = [_given(lease) for lease in synced.leases]
        if want and synced.wait_ms is None:
            (given,) = self.claim(who, want, request)
        return synced.drain, refused, control, given

    def _words_anew(self, holder: Holder, synced: Synced, reports: list[Told]) -> dict[int, str]:
        for scan in synced.outdated:
            self.recutting.recut(self.keys, scan)
        running: dict[int, int | None] = {
            told.task: told.attempt
            for told in reports
            if told.state == "running" and told.task not in synced.refused
        }
        beaten = self.tasks.heartbeat(holder, Report(), list(running.items()))
        kept = {task: word for task, word in synced.control.items() if task not in running}
        return kept | beaten.control

    def start(self, who: Who, which: Which) -> None:
        self.tasks.start(self._holder(who), *which)

    def progress(self, who: Who, which: Which, done: int) -> Answer:
        holder = self._holder(who)
        said = self._told(lambda: self.tasks.progress(holder, *which, done=done, results=0))
        return (said.control,)

    def results(self, who: Who, which: tuple[int, int], batch: int, count: int) -> None:
        holder = self._holder(who)
        self.tasks.results(holder, *which, batch=batch, count=count, rows="[]")

    def complete(self, who: Who, which: Which, status: str) -> None:
        holder = self._holder(who)
        self.tasks.complete(holder, *which, status=status, results=None, message="")

    def release(self, who: Who, which: Which, done: int) -> None:
        self.tasks.release(self._holder(who), *which, done=done)

    def heartbeat(
        self,
        who: Who,
        facts: dict[str, str],
        jobs: list[tuple[int, int | None]],
    ) -> Answer:
        holder = self._holder(who)
        said = self._told(lambda: self.tasks.heartbeat(holder, Report(**facts), jobs))
        return said.drain, said.control

    def _told(self, call: Callable[[], Heard]) -> Heard:
        said = call()
        for scan in said.outdated:
            self.recutting.recut(self.keys, scan)
        return call() if said.outdated else said

    def _cut_anew(self, call: Callable[[], T]) -> T:
        """As dispatch.work does it."""
        while True:
            try:
                return call()
            except ScanToBeRecut as stale:
                self.recutting.recut(self.keys, stale.scan)

    def _holder(self, who: Who) -> Holder:
        return Holder(self.keys, who[0], str(who[1]))


def _given(lease: Lease) -> Given:
    rate = (lease.rate, lease.rated_by)
    return Given(lease.task, lease.attempt, lease.scan, lease.first, lease.last, *rate)


def _said(told: Told) -> Said:
    return Said(
        told.task,
        told.attempt,
        told.state,
        done=told.done,
        hosts_done=told.hosts_done,
        batch=told.batch,
        row_count=told.count if told.batch else 0,
        rows="[]" if told.batch else "",
    )
