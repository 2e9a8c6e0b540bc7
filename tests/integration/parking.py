"""Polls that park in a process, and what scanners do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queues.exchange import Holder, Lease
from queues.keys import channel
from queues.wakes import Park
from tests.integration.conftest import Site


@dataclass
class Process:
    """A process of the ingest: polls park in it, and the store calls it."""

    site: Site
    name: str = "ours"

    def __post_init__(self) -> None:
        self.ear: Any = self.site.client.pubsub()
        self.ear.subscribe(channel(self.name))
        self.ear.get_message(timeout=None)

    def park(self, *holders: Holder, seconds: int = 100) -> None:
        """Polls that find nothing."""
        for holder in holders:
            parked = Park(self.name, seconds * 1000)
            found = self.site.tasks.claim(now(self.site, holder), limit=10, park=parked)
            assert found.leases == []

    def messages(self) -> list[str]:
        """What the store has said since this was asked before."""
        self.site.client.publish(channel(self.name), "all")
        said: list[str] = []
        while (message := self.ear.get_message(timeout=None)["data"]) != "all":
            said.append(message)
        return said

    def called(self) -> list[int]:
        """The scanners among them."""
        return [int(message.rpartition(":")[2]) for message in self.messages()]


def scanners(site: Site, count: int = 2, **fields: int | str) -> list[Holder]:
    """Scanners that were heard of."""
    made = [site.scanner(**fields) for _ in range(count)]
    for holder in made:
        site.heartbeat(holder)
    return made


def now(site: Site, holder: Holder) -> Holder:
    """With the present version of its record."""
    return site.holder(holder.scanner)


def ids(*holders: Holder) -> list[int]:
    return [holder.scanner for holder in holders]


def own(holder: Holder) -> str:
    return f"s{holder.scanner}"


def group_of(site: Site, *holders: Holder, cap: int = 10) -> str:
    return f"g{site.group(*holders, cap=cap)}"


def tasks(site: Site, count: int, *queues: str, **fields: str) -> int:
    """A scan of so many tasks."""
    return site.scan(*queues, targets=f"10.0.0.1-10.0.0.{count}", size=1, **fields)


def polls(site: Site, queue: str) -> list[str]:
    found: list[str] = site.client.zrange(site.keys.of("queue", queue, "polls"), 0, -1)
    return found


def serve(site: Site, *holders: Holder) -> None:
    """Each of them ends a task of its own, one after another."""
    for holder in holders:
        site.clock.forward(1)
        tasks(site, 1, own(holder))
        (lease,) = site.claim(now(site, holder))
        site.finish(now(site, holder), lease)


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(now(site, holder), limit=1)
    site.tasks.start(now(site, holder), lease.task, lease.attempt)
    return lease


def end(site: Site, holder: Holder, lease: Lease, status: str = "completed") -> None:
    who, rest = now(site, holder), {"status": status, "results": None, "message": ""}
    site.tasks.complete(who, lease.task, lease.attempt, **rest)  # type: ignore[arg-type]


def full(site: Site, holder: Holder) -> None:
    """It holds a task."""
    tasks(site, 1, own(holder))
    started(site, holder)
