"""What waits and what is worked on, queue by queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queues.keys import SiteKeys
from queues.store import Record, Store
from queues.task_records import tasks_by_scan

READ_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue: its record, the scans waiting in order and how many, and those worked on.

    First among those that wait are those that have left the list: for an engine, or a budget.
    """

    record: Record
    waiting: list[int]
    waiting_count: int
    active: list[int]


class OverviewStore(Store):
    """Reads; each answer is of one moment for one queue, not for all of them."""

    def queue(self, keys: SiteKeys, queue: str) -> QueueState:
        """One queue, `s` or `g` and an id."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.of("queue", queue))
            pipe.lrange(keys.of("queue", queue, "waiting"), 0, READ_AT_MOST - 1)
            pipe.llen(keys.of("queue", queue, "waiting"))
            pipe.zrange(keys.of("queue", queue, "ready"), 0, READ_AT_MOST - 1)
            pipe.zrange(keys.of("queue", queue, "closed"), 0, READ_AT_MOST - 1)
            pipe.smembers(keys.of("queue", queue, "parked"))
            record, listed, length, ready, closed, engines = pipe.execute()
        held = self._held(keys, queue)
        aside = {*closed, *self._parked(keys, queue, engines)} - {*held, *ready}
        waiting = [s for s, at in self._places(keys, queue, listed) if at == "listed"]
        working = [s for s, at in self._places(keys, queue, held) if at == "out"]
        active = sorted({*map(int, ready), *working})
        waiting = [*sorted(map(int, aside)), *waiting]
        return QueueState(record, waiting, length - len(listed) + len(waiting), active)

    def _parked(self, keys: SiteKeys, queue: str, engines: set[str]) -> set[str]:
        with self.client.pipeline(transaction=False) as pipe:
            for engine in engines:
                pipe.zrange(keys.of("queue", queue, "parked", engine), 0, READ_AT_MOST - 1)
            return {scan for scans in pipe.execute() for scan in scans}

    def _held(self, keys: SiteKeys, queue: str) -> list[str]:
        """The scans of which the queue's scanners hold tasks."""
        members: list[Any] = [queue[1:]]
        if queue.startswith("g"):
            members = self.client.srandmember(keys.of("group", queue[1:], "members"), READ_AT_MOST)
        with self.client.pipeline(transaction=False) as pipe:
            for scanner in members:
                pipe.hget(keys.of("scanner", scanner), "holds")
            return sorted({scan for holds in pipe.execute() for scan in tasks_by_scan(holds)})

    def _places(self, keys: SiteKeys, queue: str, scans: list[str]) -> list[tuple[int, str | None]]:
        with self.client.pipeline(transaction=False) as pipe:
            for scan in scans:
                pipe.hget(keys.of("scan", scan, "jobs"), queue)
            return list(zip(map(int, scans), pipe.execute(), strict=True))
