"""Invariant 4: a lease belongs to a task that is out, and whoever is to know of it does.

That is its holder, its scan, and the subnets that it has a rate of.
"""

from __future__ import annotations

from typing import Any

from queues.audit.looks import Discrepancy, look
from queues.keys import SiteKeys
from queues.task_records import unpacked

OWNERS = ("scanner", "scan", "subnets")


def look_at_lease(client: Any, keys: SiteKeys, task: str) -> list[Discrepancy]:
    """What does not add up about a lease; nothing where it has ended."""
    before = unpacked(client.hgetall(keys.of("task", task)))
    scanner, scan, within = (before.get(name, "") for name in OWNERS)
    subnets = within.split(",") if within else []

    def ask(pipe: Any) -> None:
        pipe.zscore(keys.of("leases"), task)
        pipe.hgetall(keys.of("task", task))
        pipe.sismember(keys.of("scanner", scanner, "held"), task)
        pipe.zscore(keys.of("scan", scan, "tasks"), task)
        for subnet in subnets:
            pipe.exists(keys.of("subnet", subnet))
            pipe.hget(keys.of("subnet", subnet, "grants"), scanner)

    lease, kept, with_scanner, with_scan, *grants = look(client, ask)
    record = unpacked(kept)
    if lease is None or any(record.get(name, "") != before.get(name, "") for name in OWNERS):
        return []
    status, rate = record.get("status"), record.get("rate")
    for subnet, exists, granted in zip(subnets, grants[::2], grants[1::2], strict=True):
        if rate and exists and int(granted or 0) < int(rate):
            text = f"has {rate} probes a second of subnet {subnet}, which counts {granted}"
            return [Discrepancy("counter", f"task {task}", text)]
    known = with_scanner and with_scan is not None
    if status in {"claimed", "running"} and known:
        return []
    return [Discrepancy("lease", f"task {task}", f"has a lease, but is {status or 'gone'}")]
