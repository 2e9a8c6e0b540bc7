"""Invariants 1, 3, 5 and 6 for one scan: addresses, counters, what a finished one must not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from queues.audit.grants import judge_grants
from queues.audit.looks import FINISHED, Discrepancy, MovedError, Record, interval, look, size
from queues.keys import SiteKeys
from queues.task_records import unpacked

COVERED = ("done", "failed", "excluded")


@dataclass(frozen=True, slots=True)
class ScanSeen:
    """What one look saw: the record, intervals by state, tasks under a lease, jobs, its index.

    grants: of its own limit, by scanner, and all.
    """

    scan: str
    record: Record
    states: dict[str, list[tuple[int, int]]]
    held: list[Record]
    jobs: Record
    indexed: bool
    grants: Record


def look_at_scan(client: Any, keys: SiteKeys, scan: str) -> list[Discrepancy]:
    """What does not add up about a scan; nothing where it is gone."""
    tasks = client.zrange(keys.of("scan", scan, "tasks"), 0, -1)
    status = client.hget(keys.of("scan", scan), "status")

    def ask(pipe: Any) -> None:
        pipe.zrange(keys.of("scan", scan, "tasks"), 0, -1)
        pipe.hgetall(keys.of("scan", scan))
        pipe.zscore(keys.of("scans", status), scan)
        pipe.hgetall(keys.of("scan", scan, "jobs"))
        pipe.hgetall(keys.of("scan", scan, "grants"))
        pipe.zrange(keys.of("scan", scan, "blocked"), 0, -1)
        pipe.lrange(keys.of("scan", scan, "open"), 0, -1)
        for state in COVERED:
            pipe.zrange(keys.of("scan", scan, state), 0, -1)
        for task in tasks:
            pipe.hgetall(keys.of("task", task))
            pipe.zscore(keys.of("leases"), task)

    listed, record, indexed, jobs, grants, blocked, *rest = look(client, ask)
    if listed != tasks or record.get("status") != status:
        raise MovedError
    if not record:
        return []
    intervals, pairs = rest[: 1 + len(COVERED)], rest[1 + len(COVERED) :]
    tasks_seen = zip(map(unpacked, pairs[::2]), pairs[1::2], strict=True)
    held = [task for task, lease in tasks_seen if lease is not None]
    names = ("open", *COVERED)
    states = {n: [interval(r) for r in rows] for n, rows in zip(names, intervals, strict=True)}
    front = [record["front"]] if "front" in record else []
    states["open"] += map(interval, [*front, *blocked])
    states["in_flight"] = [(int(t["first"]), int(t["last"])) for t in held]
    return list(_judge(ScanSeen(scan, record, states, held, jobs, indexed is not None, grants)))


def _judge(seen: ScanSeen) -> Iterator[Discrepancy]:
    subject = f"scan {seen.scan}"
    yield from _addresses(seen, subject)
    yield from _counts_of_tasks(seen, subject)
    yield from judge_grants(
        subject, seen.grants, seen.held if seen.record.get("rate") else [], seen.record.get("rate")
    )
    if seen.record["status"] in FINISHED and (seen.held or seen.jobs or seen.states["open"]):
        yield Discrepancy("finished-scan", subject, "has ended, and holds leases or queues")
    if not seen.indexed:
        yield Discrepancy("index", subject, f"is not listed among those {seen.record['status']}")


def _counts_of_tasks(seen: ScanSeen, subject: str) -> Iterator[Discrepancy]:
    sizes = [int(task["last"]) - int(task["first"]) for task in seen.held]
    reported = [int(task["progress"]) for task in seen.held]
    recounts = {
        "claimed": sum(task["status"] == "claimed" for task in seen.held),
        "running": sum(task["status"] == "running" for task in seen.held),
        "advanced": sum(map(min, reported, sizes)),
    }
    for name, recount in recounts.items():
        if int(seen.record.get(name, 0)) != recount:
            text = f"counts {seen.record.get(name, 0)} {name}, recount of its tasks {recount}"
            yield Discrepancy("counter", subject, text)


def _addresses(seen: ScanSeen, subject: str) -> Iterator[Discrepancy]:
    for state, intervals in seen.states.items():
        if size(intervals) != int(seen.record[state]):
            text = f"counts {seen.record[state]} addresses {state}, recount {size(intervals)}"
            yield Discrepancy("counter", subject, text)
    everything = sorted(row for intervals in seen.states.values() for row in intervals)
    for (_, last), (first, _) in pairwise(everything):
        if first < last:
            yield Discrepancy("address-twice", subject, f"index {first} is in two places")
    missing = int(seen.record["total"]) - size(everything) - int(seen.record["dropped"])
    if missing:
        yield Discrepancy("address-lost", subject, f"{missing} addresses are nowhere")
