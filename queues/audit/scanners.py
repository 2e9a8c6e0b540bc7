"""Invariant 3 for one scanner: its use is what its leases are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from queues.audit.looks import Discrepancy, MovedError, Record, look, size
from queues.keys import SiteKeys
from queues.task_records import tasks_by_scan, unpacked


@dataclass(frozen=True, slots=True)
class ScannerSeen:
    """What one look saw: the record, tasks under a lease, how many it lists."""

    scanner: str
    record: Record
    held: list[Record]
    listed: int


def look_at_scanner(client: Any, keys: SiteKeys, scanner: str) -> list[Discrepancy]:
    """What does not add up about a scanner; nothing where it is gone."""
    tasks = client.smembers(keys.of("scanner", scanner, "held"))

    def ask(pipe: Any) -> None:
        pipe.smembers(keys.of("scanner", scanner, "held"))
        pipe.hgetall(keys.of("scanner", scanner))
        for task in tasks:
            pipe.hgetall(keys.of("task", task))
            pipe.zscore(keys.of("leases"), task)

    listed, record, *rest = look(client, ask)
    if listed != tasks:
        raise MovedError
    held = [
        task
        for task, lease in zip(map(unpacked, rest[::2]), rest[1::2], strict=True)
        if lease is not None and task.get("scanner") == scanner
    ]
    return list(_judge(ScannerSeen(scanner, record, held, len(tasks)))) if record else []


def _judge(seen: ScannerSeen) -> Iterator[Discrepancy]:
    subject = f"scanner {seen.scanner}"
    if seen.listed != len(seen.held):
        text = f"lists {seen.listed} tasks, holds {len(seen.held)} leases"
        yield Discrepancy("lease", subject, text)
    addresses = size([(int(task["first"]), int(task["last"])) for task in seen.held])
    for name, recount in (("tasks", len(seen.held)), ("targets", addresses)):
        if int(seen.record.get(name, 0)) != recount:
            text = f"counts {seen.record.get(name, 0)} {name} in use, recount {recount}"
            yield Discrepancy("counter", subject, text)
    counted = tasks_by_scan(seen.record.get("holds"))
    recounted = dict(Counter(task["scan"] for task in seen.held))
    if counted != recounted:
        text = f"counts tasks by scan {counted}, recount {recounted}"
        yield Discrepancy("counter", subject, text)
