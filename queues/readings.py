"""What /metrics reads from the store: numbers of all sites together, in few round trips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import redis

from domain.states import ScanStatus
from queues.keys import SiteKeys
from queues.sites import SiteStore

SITES_A_TRIP = 50
QUEUES_A_TRIP = 250

Item = TypeVar("Item")
Queue = tuple[SiteKeys, str]


@dataclass(slots=True)
class Readings:
    """Sums over all sites.

    scans: how many have each status. waiting, ready: scans in the lists of queues, and those that
    queues hand out now; one that is in two queues counts twice. leases: tasks that are out.
    expired: tasks ever taken back. online: scanners. swept_ms: when the site whose last sweep is
    the oldest was swept; None where none was.
    """

    scans: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ScanStatus, 0))
    waiting: int = 0
    ready: int = 0
    leases: int = 0
    expired: int = 0
    online: int = 0
    swept_ms: int | None = None


class ReadingStore:
    """Reads: one round trip for so many sites, and one for so many queues; see above."""

    def __init__(self, client: redis.Redis) -> None:
        self.client: Any = client
        self._sites = SiteStore(client)

    def read(self) -> Readings:
        """The numbers about now, not of one moment. Raises redis.RedisError."""
        readings, queues = Readings(), list[Queue]()
        sites = [SiteKeys(name) for name in self._sites.names()]
        for keys, answer in zip(sites, self._ask(sites, _ask_site, SITES_A_TRIP), strict=True):
            queues += [(keys, name) for name in _add_site(readings, answer)]
        for waiting, ready in self._ask(queues, _ask_queue, QUEUES_A_TRIP):
            readings.waiting += waiting
            readings.ready += ready
        return readings

    def now_ms(self) -> int:
        """The server's clock."""
        seconds, microseconds = self.client.time()
        return int(1000 * seconds + microseconds // 1000)

    def _ask(
        self, items: Sequence[Item], ask: Callable[[Any, Item], None], a_trip: int
    ) -> list[list[Any]]:
        """For each item what the server answers to the commands that `ask` sends for it."""
        answers: list[list[Any]] = []
        for start in range(0, len(items), a_trip):
            some = items[start : start + a_trip]
            with self.client.pipeline(transaction=False) as pipe:
                for item in some:
                    ask(pipe, item)
                flat = pipe.execute()
            width = len(flat) // len(some)
            answers += [flat[first : first + width] for first in range(0, len(flat), width)]
        return answers


def _ask_site(pipe: Any, keys: SiteKeys) -> None:
    pipe.hmget(keys.root, "swept", "expired")
    pipe.zcard(keys.of("leases"))
    pipe.zcard(keys.of("online"))
    pipe.zrange(keys.of("scanners"), 0, -1)
    pipe.zrange(keys.of("groups"), 0, -1)
    for status in ScanStatus:
        pipe.zcard(keys.of("scans", status))


def _add_site(readings: Readings, answer: list[Any]) -> list[str]:
    """Add what a site answered; its queues."""
    (swept, expired), leases, online, scanners, groups, *scans = answer
    if swept is not None:
        readings.swept_ms = min(int(swept), readings.swept_ms or int(swept))
    readings.expired += int(expired or 0)
    readings.leases += leases
    readings.online += online
    for status, number in zip(ScanStatus, scans, strict=True):
        readings.scans[status] += number
    return [*(f"s{scanner}" for scanner in scanners), *(f"g{group}" for group in groups)]


def _ask_queue(pipe: Any, queue: Queue) -> None:
    keys, name = queue
    pipe.llen(keys.of("queue", name, "waiting"))
    pipe.zcard(keys.of("queue", name, "ready"))
