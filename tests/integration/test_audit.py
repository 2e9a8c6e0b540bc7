"""The audit names what does not add up, and is silent on what does."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from queues.audit import Audit
from tests.integration.conftest import Site

Damage = Callable[[Site, int, int, int], None]


def scan_field(name: str, by: int = 1) -> Damage:
    return lambda site, scan, *_: site.client.hincrby(site.keys.of("scan", scan), name, by)


def scanner_field(name: str) -> Damage:
    return lambda site, _, scanner, *__: site.client.hincrby(
        site.keys.of("scanner", scanner), name, 1
    )


def lose_the_front(site: Site, scan: int, *_: int) -> None:
    site.client.hdel(site.keys.of("scan", scan), "front")


def open_what_is_out(site: Site, scan: int, *_: int) -> None:
    site.client.rpush(site.keys.of("scan", scan, "open"), "0:1:0::")


def drop_a_lease(site: Site, _: int, __: int, task: int) -> None:
    site.client.zrem(site.keys.of("leases"), task)


def count_a_scan_twice(site: Site, scan: int, scanner: int, _: int) -> None:
    site.client.hset(site.keys.of("scanner", scanner), "holds", f":{scan}=3")


def allow_less(site: Site, scan: int, *_: int) -> None:
    site.client.hset(site.keys.of("scan", scan), "rate", 10)


def allow_less_in_the_subnet(site: Site, *_: int) -> None:
    [subnet] = site.client.zrange(site.keys.of("subnets"), 0, -1)
    site.client.hset(site.keys.of("subnet", subnet), "rate", 10)


def grants(kind: str, field: str, by: int) -> Damage:
    """Counts more or less of what is granted to the scanner, or to all."""

    def damage(site: Site, scan: int, scanner: int, _: int) -> None:
        [subnet] = site.client.zrange(site.keys.of("subnets"), 0, -1)
        whose = {"scan": scan, "subnet": subnet}[kind]
        name = field or str(scanner)
        site.client.hincrby(site.keys.of(kind, whose, "grants"), name, by)

    return damage


def forget_the_grants(site: Site, *_: int) -> None:
    [subnet] = site.client.zrange(site.keys.of("subnets"), 0, -1)
    site.client.delete(site.keys.of("subnet", subnet, "grants"))


def forget_who_waits(site: Site, scan: int, *_: int) -> None:
    [subnet] = site.client.zrange(site.keys.of("subnets"), 0, -1)
    [entry] = site.opened(scan)
    site.client.hdel(site.keys.of("scan", scan), "front")
    site.client.zadd(site.keys.of("scan", scan, "blocked"), {entry: subnet})


def forget_a_job(site: Site, scan: int, scanner: int, _: int) -> None:
    site.client.zrem(site.keys.of("queue", f"s{scanner}", "ready"), scan)


def wait_for_nothing(site: Site, scan: int, *_: int) -> None:
    subnet = site.subnet("10.9.0.0/16", 5)
    site.client.zadd(site.keys.of("subnet", subnet, "blocked"), {str(scan): 1})


def count_a_slot_more(site: Site, _: int, scanner: int, __: int) -> None:
    site.client.hincrby(site.keys.of("queue", f"s{scanner}"), "slots", 1)


def ready_though_paused(site: Site, scan: int, *_: int) -> None:
    site.client.hset(site.keys.of("scan", scan), "status", "paused")


def ready_though_gone(site: Site, _: int, scanner: int, __: int) -> None:
    site.client.zadd(site.keys.of("queue", f"s{scanner}", "ready"), {"17": 1})


def lease_of_nobody(site: Site, *_: int) -> None:
    site.client.zadd(site.keys.of("leases"), {"17": 1})


def lose_the_index(site: Site, scan: int, *_: int) -> None:
    site.client.zrem(site.keys.of("scans", "running"), scan)


def finish_too_early(site: Site, scan: int, *_: int) -> None:
    site.client.hset(site.keys.of("scan", scan), "status", "completed")


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (scan_field("open"), "counter"),
        (scan_field("in_flight"), "counter"),
        (scan_field("done"), "counter"),
        (scan_field("failed"), "counter"),
        (scan_field("running"), "counter"),
        (scan_field("claimed"), "counter"),
        (scan_field("total"), "address-lost"),
        (scan_field("dropped"), "address-lost"),
        (scanner_field("tasks"), "counter"),
        (scanner_field("targets"), "counter"),
        (count_a_scan_twice, "counter"),
        (lose_the_front, "address-lost"),
        (open_what_is_out, "address-twice"),
        (drop_a_lease, "lease"),
        (finish_too_early, "finished-scan"),
        (allow_less, "rate"),
        (allow_less_in_the_subnet, "rate"),
        (grants("scan", "all", 1), "counter"),
        (grants("scan", "", -1), "counter"),
        (grants("subnet", "all", -1), "counter"),
        (grants("subnet", "", 1), "counter"),
        (forget_the_grants, "counter"),
        (forget_who_waits, "stuck"),
        (forget_a_job, "stuck"),
        (wait_for_nothing, "stuck"),
        (count_a_slot_more, "counter"),
        (ready_though_paused, "ready"),
        (ready_though_gone, "finished-scan"),
        (lease_of_nobody, "lease"),
        (lose_the_index, "index"),
    ],
)
def test_damage_is_named(site: Site, damage: Damage, kind: str) -> None:
    """Each invariant has a damage that the audit sees and names."""
    scanner = site.scanner(set_tasks=3)
    site.subnet("10.0.0.0/16", 1000)
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/24", size=4, rate="900")
    first, second, third = site.claim(scanner)
    site.finish(scanner, first)
    site.tasks.start(scanner, second.task, 1)
    audit = Audit(site.client)
    assert audit.run() == []

    damage(site, scan, scanner.scanner, third.task)

    assert kind in {found.kind for found in audit.run()}


def test_it_is_silent_on_a_busy_healthy_site(site: Site) -> None:
    """While scanners claim, report, complete and release at once, nothing is ever reported."""
    scanners = [site.scanner(set_tasks=4) for _ in range(4)]
    group = site.group(*scanners)
    for size in (1, 2, 3):
        site.scan(f"g{group}", targets="10.0.0.0/22", size=size)
    stop = threading.Event()

    def work(number: int, scanner: int) -> None:
        chance = random.Random(number)
        holder = site.holder(scanner)
        while not stop.is_set():
            for lease in site.claim(holder, limit=4):
                site.tasks.start(holder, lease.task, lease.attempt)
                site.tasks.progress(holder, lease.task, lease.attempt, done=1, results=0)
                if chance.random() < 0.3:
                    site.tasks.release(holder, lease.task, lease.attempt, done=0)
                else:
                    site.finish(holder, lease)

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(work, n, s.scanner) for n, s in enumerate(scanners)]
        audit = Audit(site.client)
        found = [audit.run() for _ in range(15)]
        stop.set()

    assert [each.result() for each in busy] == [None] * 4
    assert found == [[]] * 15
