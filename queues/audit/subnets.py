"""Invariants 3 and 6 for one subnet; and nothing waits for it in vain."""

from __future__ import annotations

from typing import Any

from queues.audit.grants import judge_grants
from queues.audit.looks import Discrepancy, MovedError, Record, look
from queues.keys import SiteKeys
from queues.task_records import unpacked


def look_at_subnet(client: Any, keys: SiteKeys, subnet: str) -> list[Discrepancy]:
    """What does not add up about a subnet; nothing where it is gone."""
    tasks = _tasks(client, keys, subnet)

    def ask(pipe: Any) -> None:
        pipe.hgetall(keys.of("subnet", subnet))
        pipe.hgetall(keys.of("subnet", subnet, "grants"))
        pipe.exists(keys.of("subnet", subnet, "blocked"))
        pipe.zscore(keys.of("freed"), subnet)
        for task in tasks:
            pipe.hgetall(keys.of("task", task))
            pipe.zscore(keys.of("leases"), task)

    record, grants, blocked, freed, *rest = look(client, ask)
    if not record:
        return []
    pairs = zip(map(unpacked, rest[::2]), rest[1::2], strict=True)
    held = [task for task, lease in pairs if lease is not None and _counts(task, subnet)]
    if {task["scanner"] for task in held} - grants.keys() or _tasks(client, keys, subnet) != tasks:
        raise MovedError
    limit = max(int(record["rate"]), int(record.get("peak", 0)))
    found = list(judge_grants(f"subnet {record['cidr']}", grants, held, limit))
    if blocked and not grants and freed is None:
        text = "nothing of its limit is granted, and still open intervals wait for it"
        found.append(Discrepancy("stuck", f"subnet {record['cidr']}", text))
    return found


def _tasks(client: Any, keys: SiteKeys, subnet: str) -> list[str]:
    """The tasks of the scanners that have grants in it, in the order of their ids."""
    scanners = sorted(client.hkeys(keys.of("subnet", subnet, "grants")))
    tasks = [client.smembers(keys.of("scanner", one, "held")) for one in scanners]
    return [task for some in tasks for task in sorted(some)]


def _counts(task: Record, subnet: str) -> bool:
    return bool(task.get("rate")) and subnet in task.get("subnets", "").split(",")
