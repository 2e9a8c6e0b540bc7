"""Looks at every scan, scanner, queue and lease of every site."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import redis

from queues.audit.leases import look_at_lease
from queues.audit.looks import Discrepancy, MovedError
from queues.audit.queues import look_at_queue
from queues.audit.scanners import look_at_scanner
from queues.audit.scans import look_at_scan
from queues.audit.subnets import look_at_subnet
from queues.audit.waiting import look_at_waiting
from queues.keys import SiteKeys
from queues.sites import SiteStore

LOOKS_AT_MOST = 50

Look = Callable[[], list[Discrepancy]]


def _look_at_scan(client: Any, keys: SiteKeys, scan: str) -> list[Discrepancy]:
    return [*look_at_scan(client, keys, scan), *look_at_waiting(client, keys, scan)]


class Audit:
    """A difference counts only if a second look confirms it. Each look is one transaction."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client
        self.counted: Counter[str] = Counter()

    def run(self) -> list[Discrepancy]:
        """Every discrepancy of every site; `counted` says how much was looked at."""
        self.counted.clear()
        found: list[Discrepancy] = []
        for site in SiteStore(self._client).names():
            self.counted["sites"] += 1
            for look in self._looks(SiteKeys(site)):
                first = self._sure(look)
                found += sorted(first & self._sure(look)) if first else []
        return found

    def _sure(self, look: Look) -> set[Discrepancy]:
        """What one look saw; nothing where it never stood still for a look."""
        for _ in range(LOOKS_AT_MOST):
            with contextlib.suppress(MovedError):
                return set(look())
        self.counted["too busy to look at"] += 1
        return set()

    def _looks(self, keys: SiteKeys) -> Iterator[Look]:
        yield from self._each("scans", keys, _look_at_scan, "")
        yield from self._each("scanners", keys, look_at_scanner, "")
        yield from self._each("scanners", keys, look_at_queue, "s")
        yield from self._each("groups", keys, look_at_queue, "g")
        yield from self._each("subnets", keys, look_at_subnet, "")
        yield from self._each("leases", keys, look_at_lease, "")

    def _each(
        self,
        index: str,
        keys: SiteKeys,
        look: Callable[[Any, SiteKeys, str], list[Discrepancy]],
        prefix: str,
    ) -> Iterator[Look]:
        items = self._client.zrange(keys.of(index), 0, -1)
        self.counted["queues" if prefix else index] += len(items)
        for item in items:
            yield partial(look, self._client, keys, f"{prefix}{item}")
