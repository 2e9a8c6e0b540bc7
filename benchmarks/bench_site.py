"""A site for measurements, driven through the product's stores on an embedded server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis

from cli.embedded import EmbeddedStore
from dispatch.recutting import openings_of
from dispatch.rules import SiteRules
from domain.space import build_segments
from domain.targets import parse_target
from queues.connection import open_redis
from queues.exchange import Holder, Lease, Report, Timing
from queues.groups import GroupStore
from queues.keys import SiteKeys
from queues.rules import RuleStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.tasks import TaskStore

TIMING = Timing(
    claim_ms=600_000,
    lease_ms=600_000,
    stall_ms=900_000,
    task_seconds=60,
    default_rate=1000,
    least_rate=1,
)


@contextmanager
def server() -> Iterator[redis.Redis]:
    """A client of a fresh server that appends to a file, as in service."""
    with TemporaryDirectory() as folder, EmbeddedStore(Path(folder)) as store:
        client = open_redis(store.url)
        yield client
        client.close()


@dataclass
class BenchSite:
    """One site on the server."""

    client: redis.Redis
    name: str

    def __post_init__(self) -> None:
        self.keys = SiteKeys(self.name)
        self.tasks = TaskStore(self.client, lambda _: TIMING)
        self.scans = ScanStore(self.client)
        self.scanners = ScannerStore(self.client)
        self.groups = GroupStore(self.client)
        self.rules = SiteRules(RuleStore(self.client))

    def scanner(self, **fields: int) -> Holder:
        """A scanner that is online."""
        wanted = {"name": "s", "enabled": 1, **fields}
        scanner, _ = self.scanners.save(self.keys, None, wanted, groups=[])
        return self.online(scanner)

    def online(self, scanner: int) -> Holder:
        """The scanner as it may call now, after a heartbeat."""
        record = self.scanners.get(self.keys, scanner)
        assert record is not None
        holder = Holder(self.keys, scanner, record["auth"])
        self.tasks.heartbeat(holder, Report(engines="connect"), [])
        return holder

    def scan(self, *queues: str, targets: str = "10.0.0.0/8", ports: int = 1, size: int = 1) -> int:
        """A scan; size is hostsPerTask."""
        fields: dict[str, str | int] = {
            "spec": '{"name":null,"targets":["10.0.0.0/8"],"exclude":[],"ports":"22,80,443"}',
            "job": '{"ports":"22,80,443","engine":"connect","engineArgs":{}}',
            "engine": "connect",
            "ports": ports,
            "max_attempts": 3,
            "retry_failed": 0,
            "hosts_per_task": size,
            "rate": "",
        }
        segments = build_segments([parse_target(targets)], [])
        rules = self.rules.of(self.keys)
        return self.scans.create(
            self.keys,
            fields,
            segments,
            list(queues),
            openings=openings_of(rules, segments),
            rules=rules.version,
        )[0]

    def subnet(self, cidr: str, rate: int) -> None:
        """Limit a subnet."""
        self.rules.store.save(self.keys, "subnet", None, {"cidr": cidr, "rate": rate})

    def finish(self, holder: Holder, leases: list[Lease]) -> None:
        """Start and complete tasks."""
        for lease in leases:
            self.tasks.start(holder, lease.task, None)
            self.tasks.complete(
                holder, lease.task, None, status="completed", results=None, message=""
            )


def compare(
    first: Callable[[], Any], second: Callable[[], Any], *, rounds: int = 1500
) -> tuple[float, float]:
    """Medians, in microseconds, of two calls made in turn; each returns what to do after it."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, kept in zip((first, second), times, strict=True):
            began = time.perf_counter()
            after = call()
            kept.append((time.perf_counter() - began) * 1e6)
            if callable(after):
                after()
    return statistics.median(times[0]), statistics.median(times[1])
