"""Recounts the invariants of a live store from its raw keys; shares no code with the scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import redis

from queues.keys import SiteKeys
from queues.sites import SiteStore


@dataclass(frozen=True, slots=True, order=True)
class Discrepancy:
    """Something that does not add up. kind: which invariant; subject: whose."""

    kind: str
    subject: str
    message: str


@dataclass
class Snapshot:
    """What one atomic look at a scan, or at a scanner, saw."""

    record: dict[str, str]
    rows: list[Any] = field(default_factory=list)


class Audit:
    """A difference counts only if a second look confirms it. Each look is one transaction."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client
        self.counted: Counter[str] = Counter()

    def run(self) -> list[Discrepancy]:
        """Every discrepancy of every site; `counted` says how much was looked at."""
        self.counted.clear()
        found: list[Discrepancy] = []
        for site in SiteStore(self._client).names():
            keys = SiteKeys(site)
            for look in self._looks(keys):
                first = set(look())
                found += sorted(first & set(look())) if first else []
            self.counted["sites"] += 1
        return found

    def _looks(self, keys: SiteKeys) -> Iterator[Callable[[], list[Discrepancy]]]:
        for scan in self._client.zrange(keys.of("scans"), 0, -1):
            self.counted["scans"] += 1
            yield partial(self._look_at_scan, keys, scan)
        for scanner in self._client.zrange(keys.of("scanners"), 0, -1):
            self.counted["scanners"] += 1
            yield partial(self._look_at_scanner, keys, scanner)

    def _transaction(self, ask: Callable[[Any], None]) -> list[Any]:
        with self._client.pipeline(transaction=True) as pipe:
            ask(pipe)
            answers: list[Any] = pipe.execute()
        return answers

    def _look_at_scan(self, keys: SiteKeys, scan: str) -> list[Discrepancy]:
        tasks = self._client.zrange(keys.of("scan", scan, "tasks"), 0, -1)

        def ask(pipe: Any) -> None:
            pipe.zrange(keys.of("scan", scan, "tasks"), 0, -1)
            pipe.hgetall(keys.of("scan", scan))
            pipe.lrange(keys.of("scan", scan, "open"), 0, -1)
            for state in ("done", "failed", "excluded"):
                pipe.zrange(keys.of("scan", scan, state), 0, -1)
            pipe.hgetall(keys.of("scan", scan, "jobs"))
            for task in tasks:
                pipe.hgetall(keys.of("task", task))
                pipe.zscore(keys.of("leases"), task)

        listed, record, opened, done, failed, excluded, jobs, *rest = self._transaction(ask)
        if listed != tasks:
            return self._look_at_scan(keys, scan)
        if not record:
            return []
        held = [t for t, lease in zip(rest[::2], rest[1::2], strict=True) if lease is not None]
        states = {
            "open": [_interval(row) for row in opened],
            "in_flight": [(int(t["first"]), int(t["last"])) for t in held],
            "done": [_interval(row) for row in done],
            "failed": [_interval(row) for row in failed],
            "excluded": [_interval(row) for row in excluded],
        }
        return list(_judge_scan(scan, record, states, held, jobs))

    def _look_at_scanner(self, keys: SiteKeys, scanner: str) -> list[Discrepancy]:
        tasks = self._client.zrange(keys.of("scanner", scanner, "tasks"), 0, -1)

        def ask(pipe: Any) -> None:
            pipe.hgetall(keys.of("scanner", scanner))
            pipe.hgetall(keys.of("scanner", scanner, "scans"))
            pipe.zrange(keys.of("scanner", scanner, "tasks"), 0, -1)
            for task in tasks:
                pipe.hgetall(keys.of("task", task))
                pipe.zscore(keys.of("leases"), task)

        record, scans, listed, *rest = self._transaction(ask)
        held = [
            task
            for task, lease in zip(rest[::2], rest[1::2], strict=True)
            if lease is not None and task.get("scanner") == scanner
        ]
        if listed != tasks:
            return self._look_at_scanner(keys, scanner)
        if not record:
            return []
        return list(_judge_scanner(scanner, record, scans, held, len(tasks)))


def _interval(row: str) -> tuple[int, int]:
    first, last = row.split(":")[:2]
    return int(first), int(last)


def _size(intervals: list[tuple[int, int]]) -> int:
    return sum(last - first for first, last in intervals)


def _judge_scan(
    scan: str,
    record: dict[str, str],
    states: dict[str, list[tuple[int, int]]],
    held: list[dict[str, str]],
    jobs: dict[str, str],
) -> Iterator[Discrepancy]:
    subject = f"scan {scan}"
    for state, intervals in states.items():
        if _size(intervals) != int(record[state]):
            text = f"counts {record[state]} addresses {state}, recount {_size(intervals)}"
            yield Discrepancy("counter", subject, text)
    everything = sorted(row for intervals in states.values() for row in intervals)
    for (_, last), (first, _) in pairwise(everything):
        if first < last:
            yield Discrepancy("address-twice", subject, f"index {first} is in two places")
    missing = int(record["total"]) - _size(everything) - int(record["dropped"])
    if missing:
        yield Discrepancy("address-lost", subject, f"{missing} addresses are nowhere")
    for status in ("claimed", "running"):
        count = sum(task["status"] == status for task in held)
        if count != int(record[status]):
            text = f"counts {record[status]} tasks {status}, recount {count}"
            yield Discrepancy("counter", subject, text)
    if record["status"] in {"completed", "failed", "canceled"} and (held or jobs or states["open"]):
        yield Discrepancy("finished-scan", subject, "has ended, and holds leases or queues")


def _judge_scanner(
    scanner: str,
    record: dict[str, str],
    scans: dict[str, str],
    held: list[dict[str, str]],
    listed: int,
) -> Iterator[Discrepancy]:
    subject = f"scanner {scanner}"
    size = _size([(int(task["first"]), int(task["last"])) for task in held])
    per_scan = Counter(task["scan"] for task in held)
    if listed != len(held):
        yield Discrepancy("lease", subject, f"lists {listed} tasks, holds {len(held)} leases")
    if int(record.get("tasks", 0)) != len(held):
        text = f"counts {record.get('tasks')} tasks, recount {len(held)}"
        yield Discrepancy("counter", subject, text)
    if int(record.get("targets", 0)) != size:
        text = f"counts {record.get('targets')} addresses in flight, recount {size}"
        yield Discrepancy("counter", subject, text)
    if {scan: int(count) for scan, count in scans.items()} != dict(per_scan):
        yield Discrepancy("counter", subject, f"tasks a scan are {scans}, recount {per_scan}")
