"""Invariant 3 for one scanner: its use is what its leases are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from queues.audit.holdings import tasks_of
from queues.audit.looks import Discrepancy, Record, look_at_rest, size
from queues.keys import SiteKeys
from queues.task_records import unpacked


@dataclass(frozen=True, slots=True)
class ScannerSeen:
    """What one look saw: the record, tasks by scan, tasks under a lease."""

    scanner: str
    record: Record
    scans: Record
    held: list[Record]


def look_at_scanner(client: Any, keys: SiteKeys, scanner: str) -> list[Discrepancy]:
    """What does not add up about a scanner; nothing where it is gone."""

    def ask(pipe: Any, tasks: list[str]) -> None:
        pipe.hgetall(keys.of("scanner", scanner))
        pipe.hgetall(keys.of("scanner", scanner, "scans"))
        for task in tasks:
            pipe.hgetall(keys.of("task", task))
            pipe.zscore(keys.of("leases"), task)

    its_record = keys.of("scanner", scanner)  # each claim and each end of a task writes to it
    find = partial(tasks_of, client, keys, scanner)
    _, (record, scans, *rest) = look_at_rest(client, its_record, find, ask)
    held = [
        task
        for task, lease in zip(map(unpacked, rest[::2]), rest[1::2], strict=True)
        if lease is not None and task.get("scanner") == scanner
    ]
    return list(_judge(ScannerSeen(scanner, record, scans, held))) if record else []


def _judge(seen: ScannerSeen) -> Iterator[Discrepancy]:
    subject = f"scanner {seen.scanner}"
    addresses = size([(int(task["first"]), int(task["last"])) for task in seen.held])
    for name, recount in (("tasks", len(seen.held)), ("targets", addresses)):
        if int(seen.record.get(name, 0)) != recount:
            text = f"counts {seen.record.get(name, 0)} {name} in use, recount {recount}"
            yield Discrepancy("counter", subject, text)
    per_scan = dict(Counter(task["scan"] for task in seen.held))
    if {scan: int(count) for scan, count in seen.scans.items()} != per_scan:
        text = f"counts tasks by scan {seen.scans}, recount {per_scan}"
        yield Discrepancy("counter", subject, text)
