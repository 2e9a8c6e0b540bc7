"""A queue's counters are the recount of its scanners; it holds only scans that belong there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from queues.audit.looks import FINISHED, Discrepancy, MovedError, Record, look
from queues.keys import SiteKeys

_OF_SCANNER = ("enabled", "drain", "online", "cap_tasks", "engines")
_ACTIVE = frozenset({"pending", "running"})


def look_at_queue(client: Any, keys: SiteKeys, queue: str) -> list[Discrepancy]:
    """What does not add up about a queue, `s` or `g` and an id; nothing where it is gone."""
    members = _members(client, keys, queue)
    ready = client.zrange(keys.of("queue", queue, "ready"), 0, -1)

    def ask(pipe: Any) -> None:
        pipe.zrange(keys.of("queue", queue, "ready"), 0, -1)
        pipe.smembers(keys.of("group", queue[1:], "members"))
        pipe.hgetall(keys.of("queue", queue))
        for scanner in members:
            pipe.hmget(keys.of("scanner", scanner), *_OF_SCANNER)
        for scan in ready:
            pipe.hmget(keys.of("scan", scan), "status", "open")
            pipe.hget(keys.of("scan", scan, "jobs"), queue)

    listed, now_members, record, *rest = look(client, ask)
    if listed != ready or (queue.startswith("g") and sorted(now_members) != members):
        raise MovedError
    if not record:
        return []
    scanners, scans = rest[: len(members)], rest[len(members) :]
    found = list(_counters(queue, record, scanners))
    for scan, state, place in zip(ready, scans[::2], scans[1::2], strict=True):
        found += _ready(queue, scan, state, place)
    return found


def _members(client: Any, keys: SiteKeys, queue: str) -> list[str]:
    if queue.startswith("s"):
        return [queue[1:]]
    return sorted(client.smembers(keys.of("group", queue[1:], "members")))


def _counters(queue: str, record: Record, scanners: list[list[str]]) -> Iterator[Discrepancy]:
    recount: Counter[str] = Counter()
    for enabled, drain, online, slots, engines in scanners:
        if enabled == "1" and drain != "1" and online == "1":
            recount["online"] += 1
            recount["slots"] += int(slots)
            recount.update(f"engine:{engine}" for engine in (engines or "*").split(","))
    counted = {
        name: int(value)
        for name, value in record.items()
        if (name in {"online", "slots"} or name.startswith("engine:")) and value != "0"
    }
    if counted != dict(recount):
        text = f"counts {counted}, recount of its scanners {dict(recount)}"
        yield Discrepancy("counter", f"queue {queue}", text)


def _ready(
    queue: str, scan: str, state: list[str | None], place: str | None
) -> Iterator[Discrepancy]:
    status, opened = state
    subject = f"queue {queue}"
    if status is None or status in FINISHED:
        yield Discrepancy("finished-scan", subject, f"scan {scan} has ended, and is ready there")
    elif status not in _ACTIVE or opened == "0" or place != "out":
        text = f"scan {scan} is ready there, but {status} with {opened} addresses open ({place})"
        yield Discrepancy("ready", subject, text)
