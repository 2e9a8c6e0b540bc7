"""Invariant 4: a lease belongs to a task that is out, and its holder and its scan know of it."""

from __future__ import annotations

from typing import Any

from queues.audit.looks import Discrepancy, look
from queues.keys import SiteKeys


def look_at_lease(client: Any, keys: SiteKeys, task: str) -> list[Discrepancy]:
    """What does not add up about a lease; nothing where it has ended."""
    scanner, scan = client.hmget(keys.of("task", task), "scanner", "scan")

    def ask(pipe: Any) -> None:
        pipe.zscore(keys.of("leases"), task)
        pipe.hmget(keys.of("task", task), "status", "scanner", "scan")
        pipe.zscore(keys.of("scanner", scanner, "tasks"), task)
        pipe.zscore(keys.of("scan", scan, "tasks"), task)

    lease, (status, *owners), with_scanner, with_scan = look(client, ask)
    if lease is None or owners != [scanner, scan]:
        return []
    known = with_scanner is not None and with_scan is not None
    if status in {"claimed", "running"} and known:
        return []
    return [Discrepancy("lease", f"task {task}", f"has a lease, but is {status or 'gone'}")]
