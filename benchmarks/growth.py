"""What claims, creates and memory cost as a site grows: ratios in one run, with their limits.

usage: python -m benchmarks.growth [--quick]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis

from benchmarks.bench_site import BenchSite, compare, server
from queues.tasks import Holder

QUICK = "--quick" in sys.argv
SCANS = 10_000 if QUICK else 100_000
SCANNERS = 2_000 if QUICK else 10_000
MEMBERS = 200 if QUICK else 1_000
PAUSED = 1_000
RULES = 1_000
TASKS = 20_000 if QUICK else 1_000_000
IN_FLIGHT = 20_000
LIFE = (("start", (600_000, 900_000)), ("complete", ("completed", "", "")))


@dataclass(frozen=True)
class Row:
    """One measurement beside its limit; it holds where value <= limit."""

    what: str
    value: float
    limit: float
    unit: str = "x"

    def __str__(self) -> str:
        verdict = "ok" if self.value <= self.limit else "OVER"
        return f"{self.what:<66} {self.value:>10.3f} {self.unit:<5} <= {self.limit:<8} {verdict}"


def claimer(site: BenchSite, holder: Holder) -> Callable[[], Callable[[], None]]:
    """A claim of one task, and afterwards its completion."""

    def claim() -> Callable[[], None]:
        leases = site.tasks.claim(holder, limit=1).leases
        assert len(leases) == 1, leases
        return lambda: site.finish(holder, leases)

    return claim


def pair(client: redis.Redis) -> tuple[BenchSite, BenchSite]:
    return BenchSite(client, "small"), BenchSite(client, "large")


def ratio(
    what: str, limit: float, small: tuple[BenchSite, Holder], large: tuple[BenchSite, Holder]
) -> Row:
    few, many = compare(claimer(*small), claimer(*large))
    print(f"  {what}: {few:.0f} µs and {many:.0f} µs", flush=True)
    return Row(what, many / few, limit)


def queued(client: redis.Redis) -> Row:
    small, large = pair(client)
    holders = []
    for site, count in ((small, 10), (large, SCANS)):
        holder = site.scanner(set_tasks=4)
        for _ in range(count):
            site.scan(f"s{holder.scanner}")
        holders.append((site, holder))
    return ratio(f"claim with {SCANS} scans queued / with 10", 1.2, *holders)


def registered(client: redis.Redis) -> Row:
    small, large = pair(client)
    holders = []
    for site, count in ((small, 10), (large, SCANNERS)):
        everyone = [site.scanner() for _ in range(count)]
        site.scan(f"s{everyone[0].scanner}")
        holders.append((site, everyone[0]))
    return ratio(f"claim with {SCANNERS} scanners registered / with 10", 1.2, *holders)


def grouped(client: redis.Redis) -> Row:
    small, large = pair(client)
    holders = []
    for site, count in ((small, 10), (large, MEMBERS)):
        everyone = [site.scanner() for _ in range(count)]
        ids = [holder.scanner for holder in everyone]
        group, _ = site.groups.save(site.keys, None, name="g", cap=10, members=ids)
        site.scan(f"g{group}")
        holders.append((site, site.online(ids[0])))
    return ratio(f"claim in a group of {MEMBERS} members / of 10", 1.5, *holders)


def behind_paused(client: redis.Redis) -> Row:
    small, large = pair(client)
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
    return ratio(f"claim behind {PAUSED} paused scans / behind none", 1.2, *holders)


def ruled(client: redis.Redis) -> Row:
    small, large = pair(client)
    holders = []
    for site, count in ((small, 0), (large, RULES)):
        for each in range(count):
            site.subnet(f"10.{each // 256}.{each % 256}.0/24", 1000)
        holder = site.scanner()
        site.scan(f"s{holder.scanner}")
        holders.append((site, holder))
    return ratio(f"claim in one of {RULES} limited subnets / in none", 1.3, *holders)


def creating(client: redis.Redis) -> Row:
    site = BenchSite(client, "default")
    queue = f"s{site.scanner().scanner}"
    small, large = compare(
        lambda: str(site.scan(queue, targets="10.0.0.0/30")),
        lambda: str(site.scan(queue, targets="0.0.0.0/0", ports=65535)),
    )
    print(f"  create: {small:.0f} µs and {large:.0f} µs", flush=True)
    return Row("create 0.0.0.0/0 on all ports / a /30", large / small, 1.5)


def used(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])


def waiting_scan(client: redis.Redis) -> Row:
    site = BenchSite(client, "default")
    queue = f"s{site.scanner().scanner}"
    site.scan(queue)
    before = used(client)
    for _ in range(SCANS):
        site.scan(queue)
    return Row("store memory a waiting scan", (used(client) - before) / SCANS / 1024, 2, "KiB")


def task_in_flight(client: redis.Redis) -> Row:
    site = BenchSite(client, "default")
    holders = [site.scanner(set_tasks=100, set_targets=100) for _ in range(IN_FLIGHT // 100)]
    for holder in holders:
        site.scan(f"s{holder.scanner}")
    for holder in holders:
        site.tasks.claim(holder, limit=1)
    before = used(client)
    count = 0
    for holder in holders:
        leases = site.tasks.claim(holder, limit=99, request=f"request-{holder.scanner}").leases
        for lease in leases:
            site.tasks.start(holder, lease.task, None)
        count += len(leases)
    return Row("store memory a task in flight", (used(client) - before) / count / 1024, 0.8, "KiB")


def many_tasks(client: redis.Redis) -> Row:
    site = BenchSite(client, "default")
    holder = site.scanner(set_tasks=500, set_targets=1000)
    site.scan(f"s{holder.scanner}", targets="10.9.0.0/31")
    site.finish(holder, site.tasks.claim(holder, limit=500).leases)
    before = used(client)
    site.scan(f"s{holder.scanner}", targets="10.0.0.0/12")
    done = 0
    while done < TASKS:
        leases = site.tasks.claim(holder, limit=500).leases
        with client.pipeline(transaction=False) as pipe:
            for lease in leases:
                for script, args in LIFE:
                    loaded = site.tasks.scripts.loaded(script)
                    body = ["", holder.scanner, holder.version, lease.task, "", *args]
                    pipe.evalsha(loaded.sha, 1, site.keys.root, *body)
            pipe.execute()
        done += len(leases)
        if done % (TASKS // 10) == 0:
            print(f"  {done} of {TASKS} tasks", flush=True)
    return Row(
        f"what a scan done in {done} tasks leaves", (used(client) - before) / 2**20, 1, "MiB"
    )


SPEED = (queued, registered, grouped, behind_paused, ruled, creating)
MEMORY = (waiting_scan, task_in_flight, many_tasks)


def rows() -> Iterator[Row]:
    """Every measurement, each on a server of its own."""
    for measure in (*SPEED, *MEMORY):
        with server() as client:
            yield measure(client)


def main() -> int:
    """Measure, print, and exit 1 where a limit is passed."""
    found = list(rows())
    print("\n".join(map(str, found)))
    return int(any(row.value > row.limit for row in found))


if __name__ == "__main__":
    sys.exit(main())
