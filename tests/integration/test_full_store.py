"""A store that is nearly full takes nothing new, and still lets work end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from cli.embedded import EmbeddedStore
from dispatch.settings import Settings
from dispatch.wiring import open_dispatch
from domain.errors import StoreFull
from queues.exchange import Holder, Lease, Report, Said
from queues.keys import SiteKeys
from queues.port_lists import PortListStore
from queues.results import ResultStore
from queues.retirement import RetirementStore
from queues.store import Asked
from queues.tasks import TaskStore
from tests.integration.conftest import Site

KEYS = SiteKeys("default")
SCAN = {"targets": ["10.0.0.0/30"], "ports": "22", "engine": "connect", "hosts_per_task": 4}
FOUND = [{"host": "10.0.0.1", "state": "open", "port": 22}]


def test_creates_then_results_are_refused_and_completes_never(tmp_path: Path) -> None:
    """Above 80 % of maxmemory no scan is created, above 85 % no result kept; complete goes on."""
    with EmbeddedStore(tmp_path, persist=False) as store:
        dispatch = open_dispatch(Settings(redis_url=store.url))
        scanner = dispatch.scanners.create(KEYS, {"name": "s"}, Asked())
        wanted = {**SCAN, "scanner_ids": [scanner["scanner_id"]]}
        dispatch.scans.create(KEYS, wanted, Asked())
        caller = dispatch.credentials.check(scanner["api_key"])
        claimed = dispatch.work.claim(caller, address="127.0.0.1", limit=1, request_id="")
        (lease,) = claimed.leases
        dispatch.work.start(caller, lease.task, None)
        used = dispatch.client.info("memory")["used_memory"]
        dispatch.client.config_set("maxmemory", int(used / 0.87))
        full = open_dispatch(Settings(redis_url=store.url))

        with pytest.raises(StoreFull):
            full.scans.create(KEYS, wanted, Asked())
        with pytest.raises(StoreFull):
            full.work.results(caller, lease.task, 1, batch=1, results=FOUND)
        full.client.config_set("maxmemory", used // 2)
        full.work.complete(
            caller, lease.task, None, status="completed", results=None, message="done"
        )

        assert full.scans.store.get(KEYS, lease.scan)["status"] == "completed"
        dispatch.client.close()
        full.client.close()


@pytest.fixture
def fill(client: redis.Redis) -> Iterator[Callable[[], object]]:
    """Has the store take nothing that needs room, from when it is called."""
    yield lambda: client.config_set("maxmemory", 1)
    client.config_set("maxmemory", 0)


def complete(site: Site, scanner: Holder, lease: Lease, _: Lease) -> None:
    end = {"status": "completed", "results": 1, "message": "done"}
    site.tasks.complete(scanner, lease.task, lease.attempt, **end)  # type: ignore[arg-type]


def release(site: Site, scanner: Holder, lease: Lease, _: Lease) -> None:
    site.tasks.release(scanner, lease.task, lease.attempt, done=1)


def sync(site: Site, scanner: Holder, lease: Lease, other: Lease) -> None:
    said = [
        Said(other.task, other.attempt, "running"),
        Said(lease.task, lease.attempt, "completed"),
    ]
    site.tasks.sync(scanner, 0, "", Report(), said)


def by_functions(_: TaskStore) -> None:
    """As it is."""


def by_evalsha(tasks: TaskStore) -> None:
    tasks.scripts._functions_from = float("inf")


@pytest.mark.parametrize("way", [by_functions, by_evalsha])
@pytest.mark.parametrize("end", [complete, release, sync])
def test_every_end_of_work_is_taken(
    site: Site,
    fill: Callable[[], object],
    end: Callable[[Site, Holder, Lease, Lease], None],
    way: Callable[[TaskStore], None],
) -> None:
    """However full the store is, also of a scanner that was not heard of for long."""
    way(site.tasks)
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", size=1)
    lease, other = site.claim(scanner, limit=2)
    for one in (lease, other):
        site.tasks.start(scanner, one.task, one.attempt)
    site.clock.forward(100)
    site.upkeep.mark_offline(site.keys, 90_000)
    fill()
    with pytest.raises(redis.OutOfMemoryError):
        site.heartbeat(scanner)
    end(site, scanner, lease, other)

    assert site.record(scan)["done"] == "1"


def recut(site: Site, lease: Lease) -> bool:
    """An exclusion has come: whether the task is to be cancelled."""
    site.recutting.recut(site.keys, lease.scan)
    return site.client.hget(site.keys.of("task", lease.task), "cancel") == "1"


def look_after(site: Site, lease: Lease) -> bool:
    """Upkeep with nothing to do: whether all is as it was."""
    gone = site.upkeep.mark_offline(site.keys, 90_000)
    site.upkeep.check_scans(site.keys, 90_000)
    return gone == 0 and site.record(lease.scan)["status"] == "running"


@pytest.mark.parametrize("way", [by_functions, by_evalsha])
@pytest.mark.parametrize("do", [recut, look_after])
def test_what_tells_scanners_to_stop_is_done(
    site: Site,
    fill: Callable[[], object],
    do: Callable[[Site, Lease], bool],
    way: Callable[[TaskStore], None],
) -> None:
    """And upkeep goes on."""
    for store in (site.tasks, site.recutting.store, site.upkeep):
        way(store)  # type: ignore[arg-type]  # all of them have scripts
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = site.claim(scanner, limit=1)
    site.tasks.start(scanner, lease.task, None)
    site.rules.store.save(site.keys, "exclusion", None, {"cidr": "10.0.0.0/32"})
    fill()

    assert do(site, lease)


def test_whatever_ends_is_forgotten_or_asked_goes_on(
    site: Site, fill: Callable[[], object]
) -> None:
    """However full the store is, operators and upkeep can make room."""
    scanner, idle = site.scanner(), site.scanner()
    retirement, lists = (kind(site.client, site.clock) for kind in (RetirementStore, PortListStore))
    scan, subnet = site.scan(f"s{scanner.scanner}", size=1), site.subnet("10.9.0.0/16", 5)
    ports, _ = lists.save(site.keys, None, {"name": "p", "ports": "22", "rate": ""})
    (lease,) = site.claim(scanner, 1)
    fill()
    with pytest.raises(redis.OutOfMemoryError):
        site.claim(scanner)

    assert site.scans.explain(site.keys, scan) == ("", "")
    assert list(ResultStore(site.client).rows(site.keys, scan)) == []
    assert site.tasks.missed(site.keys, [idle.scanner], "ours") == [idle.scanner]
    assert site.upkeep.check_stalls(site.keys, 1000) == 0
    site.tasks.unpark(site.keys, idle.scanner, "ours", handed_on=True)
    site.rules.store.delete(site.keys, "subnet", subnet)
    lists.delete(site.keys, ports)
    retirement.retire(site.keys, "scanner", idle.scanner)
    assert retirement.delete(site.keys, "scanner", idle.scanner)
    site.scans.pause(site.keys, scan, reason="")
    site.scans.cancel(site.keys, scan, reason="")
    site.pass_time(70)
    assert site.client.hget(site.keys.of("task", lease.task), "status") == "canceled"
    site.scans.delete(site.keys, scan)
    assert site.scans.get(site.keys, scan) is None
