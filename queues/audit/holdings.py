"""What a scanner holds, as its leases say: no key lists it."""

from __future__ import annotations

from typing import Any

from queues.keys import SiteKeys
from queues.task_records import unpacked


def tasks_of(client: Any, keys: SiteKeys, scanner: str) -> list[str]:
    """The tasks under a lease that are its, of the scans of which it holds any."""
    held: list[str] = []
    for scan in client.hkeys(keys.of("scanner", scanner, "scans")):
        out = client.zinter([keys.of("leases"), keys.of("scan", scan, "tasks")])
        with client.pipeline(transaction=False) as pipe:
            for task in out:
                pipe.hgetall(keys.of("task", task))
            records = map(unpacked, pipe.execute())
            held += [t for t, record in zip(out, records, strict=True) if _is_of(record, scanner)]
    return held


def _is_of(record: dict[str, str], scanner: str) -> bool:
    return record.get("scanner") == scanner
