"""What claims, creates and memory cost as a site grows: ratios in one run, with their limits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import redis

from benchmarks.bench_site import BenchSite, compare, server
from benchmarks.rows import AT_MOST, Findings, Row, ratio
from queues.exchange import Holder

PAUSED = 1_000
RULES = 1_000
IN_FLIGHT = 20_000
LIFE = (("start", (600_000, 900_000)), ("complete", ("completed", "", "")))


@dataclass(frozen=True)
class Scale:
    """How large the large site is."""

    scans: int
    scanners: int
    members: int
    tasks: int


FULL = Scale(scans=100_000, scanners=10_000, members=1_000, tasks=1_000_000)
QUICK = Scale(scans=10_000, scanners=2_000, members=200, tasks=20_000)


@dataclass(frozen=True)
class Stage:
    """A fresh server, and how large the large site on it is to be."""

    client: redis.Redis
    scale: Scale


def claimer(site: BenchSite, holder: Holder) -> Callable[[], Callable[[], None]]:
    """A claim of one task, and afterwards its completion."""

    def claim() -> Callable[[], None]:
        leases = site.tasks.claim(holder, limit=1).leases
        assert len(leases) == 1, leases
        return lambda: site.finish(holder, leases)

    return claim


def pair(client: redis.Redis) -> tuple[BenchSite, BenchSite]:
    return BenchSite(client, "small"), BenchSite(client, "large")


def claims(
    what: str, limit: float, small: tuple[BenchSite, Holder], large: tuple[BenchSite, Holder]
) -> Row:
    few, many = compare(claimer(*small), claimer(*large))
    raw = f"{few:.0f} µs and {many:.0f} µs, through redis-py (medians)"
    return ratio(f"claim {what}", many / few, limit, raw, direction=AT_MOST)


def queued(on: Stage) -> Row:
    small, large = pair(on.client)
    holders = []
    for site, count in ((small, 10), (large, on.scale.scans)):
        holder = site.scanner(set_tasks=4)
        for _ in range(count):
            site.scan(f"s{holder.scanner}")
        holders.append((site, holder))
    return claims(f"with {on.scale.scans} scans queued / with 10", 1.2, *holders)


def registered(on: Stage) -> Row:
    small, large = pair(on.client)
    holders = []
    for site, count in ((small, 10), (large, on.scale.scanners)):
        everyone = [site.scanner() for _ in range(count)]
        site.scan(f"s{everyone[0].scanner}")
        holders.append((site, everyone[0]))
    return claims(f"with {on.scale.scanners} scanners registered / with 10", 1.2, *holders)


def grouped(on: Stage) -> Row:
    small, large = pair(on.client)
    holders = []
    for site, count in ((small, 10), (large, on.scale.members)):
        everyone = [site.scanner() for _ in range(count)]
        ids = [holder.scanner for holder in everyone]
        group, _ = site.groups.save(site.keys, None, name="g", cap=10, members=ids)
        site.scan(f"g{group}")
        holders.append((site, site.online(ids[0])))
    return claims(f"in a group of {on.scale.members} members / of 10", 1.5, *holders)


def behind_paused(on: Stage) -> Row:
    small, large = pair(on.client)
    holders = []
    for site, count in ((small, 0), (large, PAUSED)):
        holder = site.scanner()
        for _ in range(count):
            scan = site.scan(f"s{holder.scanner}")
            site.scans.pause(site.keys, scan, reason="bench")
        site.scan(f"s{holder.scanner}")
        for _ in range(PAUSED // 16 + 2):  # the first claims move the paused ones aside
            site.finish(holder, site.tasks.claim(holder, limit=1).leases)
        holders.append((site, holder))
    return claims(f"behind {PAUSED} paused scans / behind none", 1.2, *holders)


def ruled(on: Stage) -> Row:
    small, large = pair(on.client)
    holders = []
    for site, count in ((small, 0), (large, RULES)):
        for each in range(count):
            site.subnet(f"10.{each // 256}.{each % 256}.0/24", 1000)
        holder = site.scanner()
        site.scan(f"s{holder.scanner}")
        holders.append((site, holder))
    return claims(f"in one of {RULES} limited subnets / in none", 1.3, *holders)


def creating(on: Stage) -> Row:
    site = BenchSite(on.client, "default")
    queue = f"s{site.scanner().scanner}"
    small, large = compare(
        lambda: str(site.scan(queue, targets="10.0.0.0/30")),
        lambda: str(site.scan(queue, targets="0.0.0.0/0", ports=65535)),
    )
    raw = f"{small:.0f} µs and {large:.0f} µs, through redis-py (medians)"
    what = "create 0.0.0.0/0 on all ports / a /30"
    return ratio(what, large / small, 1.5, raw, direction=AT_MOST)


def used(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])


def waiting_scan(on: Stage) -> Row:
    site = BenchSite(on.client, "default")
    queue = f"s{site.scanner().scanner}"
    site.scan(queue)
    before = used(on.client)
    for _ in range(on.scale.scans):
        site.scan(queue)
    each = (used(on.client) - before) / on.scale.scans
    return Row("store memory a waiting scan", each / 1024, AT_MOST, 2, "KiB")


def task_in_flight(on: Stage) -> Row:
    site = BenchSite(on.client, "default")
    holders = [site.scanner(set_tasks=100, set_targets=100) for _ in range(IN_FLIGHT // 100)]
    for holder in holders:
        site.scan(f"s{holder.scanner}")
    for holder in holders:
        site.tasks.claim(holder, limit=1)
    before = used(on.client)
    count = 0
    for holder in holders:
        leases = site.tasks.claim(holder, limit=99, request=f"request-{holder.scanner}").leases
        for lease in leases:
            site.tasks.start(holder, lease.task, None)
        count += len(leases)
    each = (used(on.client) - before) / count
    return Row("store memory a task in flight", each / 1024, AT_MOST, 0.8, "KiB")


def many_tasks(on: Stage) -> Row:
    site = BenchSite(on.client, "default")
    holder = site.scanner(set_tasks=500, set_targets=1000)
    site.scan(f"s{holder.scanner}", targets="10.9.0.0/31")
    site.finish(holder, site.tasks.claim(holder, limit=500).leases)
    before = used(on.client)
    site.scan(f"s{holder.scanner}", targets="10.0.0.0/12")
    life = [(site.tasks.scripts.prepared(script), args) for script, args in LIFE]
    done = 0
    while done < on.scale.tasks:
        leases = site.tasks.claim(holder, limit=500).leases
        with on.client.pipeline(transaction=False) as pipe:
            for lease in leases:
                for command, args in life:
                    said = ["", holder.scanner, holder.version, lease.task, "", *args]
                    pipe.execute_command(*command, 1, site.keys.root, *said)
            pipe.execute()
        done += len(leases)
        if done % (on.scale.tasks // 10) == 0:
            print(f"  {done} of {on.scale.tasks} tasks", flush=True)
    left = (used(on.client) - before) / 2**20
    return Row(f"what a scan done in {done:,} tasks leaves", left, AT_MOST, 1, "MiB")


SPEED = (queued, registered, grouped, behind_paused, ruled, creating)
MEMORY = (waiting_scan, task_in_flight, many_tasks)


def measure(*, quick: bool) -> Findings:
    """Every measurement, each on a server of its own. A quick run leaves out memory."""
    found = Findings()
    for row in SPEED if quick else (*SPEED, *MEMORY):
        with server() as client:
            found.add(row(Stage(client, QUICK if quick else FULL)))
    return found


def main() -> int:
    """Measure, with `--quick` less of it, print, and exit 1 where a limit is passed."""
    found = measure(quick="--quick" in sys.argv)
    return int(not all(row.met for row in found.rows))


if __name__ == "__main__":
    sys.exit(main())
