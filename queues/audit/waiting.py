"""Nothing waits in vain: who is to hand out what is open of a scan knows of it."""

from __future__ import annotations

from typing import Any

from queues.audit.looks import Discrepancy, MovedError, look
from queues.keys import SiteKeys

_ACTIVE = frozenset({"pending", "running"})
_PLACES = 3  # where a job may be that has left its waiting list: ready, closed, parked


def look_at_waiting(client: Any, keys: SiteKeys, scan: str) -> list[Discrepancy]:
    """Queues and subnets that what is open of a scan waits for, and that do not know of it."""
    engine = client.hget(keys.of("scan", scan), "engine")
    jobs = client.hgetall(keys.of("scan", scan, "jobs"))
    blocked = client.zrange(keys.of("scan", scan, "blocked"), 0, -1, withscores=True)
    queues = [queue for queue, place in jobs.items() if place == "out"]
    subnets = sorted({f"{subnet:.0f}" for _, subnet in blocked})

    def ask(pipe: Any) -> None:
        pipe.hmget(keys.of("scan", scan), "status", "open")
        pipe.hgetall(keys.of("scan", scan, "jobs"))
        pipe.zrange(keys.of("scan", scan, "blocked"), 0, -1, withscores=True)
        for subnet in subnets:
            pipe.zscore(keys.of("subnet", subnet, "blocked"), scan)
        for queue in queues:
            pipe.hget(keys.of("queue", queue), "retired")
            pipe.zscore(keys.of("queue", queue, "ready"), scan)
            pipe.zscore(keys.of("queue", queue, "closed"), scan)
            pipe.zscore(keys.of("queue", queue, "parked", engine), scan)

    (status, opened), now_jobs, now_blocked, *rest = look(client, ask)
    if now_jobs != jobs or now_blocked != blocked:
        raise MovedError
    found = _unknown("subnet", scan, subnets, [[place] for place in rest[: len(subnets)]])
    if status in _ACTIVE and opened != "0":
        flat = rest[len(subnets) :]
        places = [flat[at : at + _PLACES + 1] for at in range(0, len(flat), _PLACES + 1)]
        found += _unknown("queue", scan, queues, places)
    return found


def _unknown(
    kind: str, scan: str, whose: list[str], places: list[list[str | float | None]]
) -> list[Discrepancy]:
    return [
        Discrepancy("stuck", f"scan {scan}", f"waits for {kind} {one}, which does not know of it")
        for one, known in zip(whose, places, strict=True)
        if all(place is None for place in known)
    ]
