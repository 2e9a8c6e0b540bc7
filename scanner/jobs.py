"""Tasks as the wire's jobs: dicts in the form that schemas.Job declares."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from domain.rules import Rules
from queues.tasks import Lease

SCANS_REMEMBERED = 256

Wire = dict[str, Any]


def on_wire(lease: Lease, lease_seconds: int, rules: Rules) -> Wire:
    """A task as the wire's job; what may not be scanned travels with a name."""
    scan = _scan(lease.job)
    ports, ranges = scan["ports"], lease.segment.targets(lease.first, lease.last)
    job = {
        "jobId": lease.task,
        "scanId": lease.scan,
        "attempt": lease.attempt,
        "targets": [{"range": text, "ports": ports} for text in ranges],
        "maxProbesPerSecond": lease.rate,
        "rateLimitedBy": lease.rated_by,
        "leaseSeconds": lease_seconds,
        "engine": scan["engine"],
        "engineArgs": scan["engineArgs"],
    }
    if lease.segment.name is not None:
        job["exclusions"] = [*scan["exclusions"], *rules.exclusions]
        job["scopes"] = list(rules.scopes)
    return job


@lru_cache(maxsize=SCANS_REMEMBERED)
def _scan(text: str) -> Wire:
    """What all jobs of a scan have in common."""
    scan: Wire = json.loads(text)
    return scan


def controls(words: dict[int, str]) -> list[Wire]:
    """The control word of each job."""
    return [{"jobId": job, "control": word} for job, word in words.items()]
