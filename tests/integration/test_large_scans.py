"""Scans of 2^48 - 1 addresses, and of many tasks: every digit counts, old tasks are forgotten."""

from __future__ import annotations

import pytest

from domain.errors import JobNotFound
from domain.space import build_segments
from domain.targets import parse_target
from queues.exchange import Holder, Lease
from tests.integration.conftest import Site

END = 2**48 - 1
SPACES = {
    "IPv6": (["2001:db8::-2001:db8::ffff:ffff:fffe"], "2001:db8::ffff:ffff:fffe/128"),
    "IPv4 and IPv6": (
        ["0.0.0.0/0", "2001:db8::-2001:db8::fffe:ffff:fffe"],
        "2001:db8::fffe:ffff:fffe/128",
    ),
}


def create(site: Site, holder: Holder, targets: list[str], size: int) -> int:
    """A scan of these targets; size is hostsPerTask."""
    segments = build_segments([parse_target(target) for target in targets], [])
    record = {
        "spec": "{}", "job": "{}", "engine": "connect", "ports": 1, "max_attempts": 3,
        "retry_failed": 0, "hosts_per_task": size, "rate": "",
    }  # fmt: skip
    return site.scans.create(site.keys, record, segments, [f"s{holder.scanner}"])[0]


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def all_but_the_end(site: Site, targets: list[str], left: int) -> tuple[Holder, int]:
    """A scanner that has done a scan of 2^48 - 1 addresses but for the last `left`."""
    scanner = site.scanner(set_targets=2**48, set_tasks=4)
    scan = create(site, scanner, targets, END - left)
    while (lease := started(site, scanner)).last < END - left:
        site.tasks.complete(scanner, lease.task, 1, status="completed", results=0, message="")
    site.tasks.complete(scanner, lease.task, 1, status="completed", results=0, message="")
    site.client.hset(site.keys.of("scan", scan), "hosts_per_task", 4)
    return scanner, scan


@pytest.mark.parametrize("space", SPACES)
def test_at_the_end_of_the_index_every_digit_counts(site: Site, space: str) -> None:
    """Slices, returns, expiries and coverage at the very end of 2^48 - 1 addresses."""
    targets, last = SPACES[space]
    scanner, scan = all_but_the_end(site, targets, 7)
    assert site.record(scan)["open"] == "7"

    first, second = started(site, scanner), started(site, scanner)
    assert [(x.first, x.last) for x in (first, second)] == [(END - 7, END - 3), (END - 3, END)]
    assert second.segment.targets(END - 1, END) == [last]
    site.tasks.release(scanner, second.task, 1, done=2)
    assert site.record(scan)["done"] == str(END - 5)
    site.pass_time(130)
    again = [started(site, scanner), started(site, scanner)]
    assert [(x.task, x.first, x.last) for x in again] == [
        (first.task, END - 7, END - 3),
        (second.task, END - 1, END),
    ]
    site.tasks.complete(scanner, first.task, 2, status="failed", results=0, message="")
    site.tasks.complete(scanner, second.task, 2, status="completed", results=0, message="")

    record = site.record(scan)
    counts = {name: int(record[name]) for name in ("open", "in_flight", "done", "failed", "total")}
    assert counts == {"open": 0, "in_flight": 0, "done": END - 4, "failed": 4, "total": END}
    covered = site.scans.covered(site.keys, scan)
    assert covered["done"] == [(0, END - 7), (END - 3, END)]
    assert covered["failed"] == [(END - 7, END - 3)]
    assert record["status"] == "failed"


def test_the_last_address_of_ipv4(site: Site) -> None:
    """All of IPv4, to 255.255.255.255."""
    end = 2**32
    scanner = site.scanner(set_targets=end, set_tasks=2)
    scan = create(site, scanner, ["0.0.0.0/0"], end - 3)
    most, rest = started(site, scanner), started(site, scanner)

    assert (most.first, most.last, rest.first, rest.last) == (0, end - 3, end - 3, end)
    assert rest.segment.targets(rest.first, rest.last) == [
        "255.255.255.253/32",
        "255.255.255.254/31",
    ]
    site.tasks.release(scanner, rest.task, 1, done=3)
    site.tasks.complete(scanner, most.task, 1, status="completed", results=0, message="")
    assert site.scans.covered(site.keys, scan)["done"] == [(0, end)]


def test_a_capacity_is_counted_to_the_last_digit(site: Site) -> None:
    """Addresses in flight come and go by the 2^48."""
    scanner = site.scanner(set_targets=END, set_tasks=4)
    create(site, scanner, ["2001:db8::-2001:db8::ffff:ffff:fffe"], END)
    lease = started(site, scanner)

    record = site.scanners.get(site.keys, scanner.scanner)
    assert record is not None
    assert record["targets"] == str(END)
    site.tasks.release(scanner, lease.task, 1, done=END - 1)
    record = site.scanners.get(site.keys, scanner.scanner)
    assert record is not None
    assert record["targets"] == "0"


def test_a_scan_keeps_its_newest_thousand_finished_tasks(site: Site) -> None:
    """Older ones leave coverage only, and a call on one is about no job at all."""
    scanner = site.scanner(set_tasks=10)
    scan = create(site, scanner, ["10.0.0.0/22"], 1)
    ended: list[Lease] = []
    while len(ended) < 1003:
        for lease in site.claim(scanner):
            site.finish(scanner, lease)
            ended.append(lease)

    for lease in ended[: len(ended) - 1000]:
        with pytest.raises(JobNotFound):
            site.tasks.start(scanner, lease.task, 1)
    assert site.tasks.get(site.keys, ended[-1000].task) is not None
    assert site.client.zcard(site.keys.of("scan", scan, "tasks")) == 1000
    assert site.record(scan)["tasks_completed"] == str(len(ended))


def test_however_many_have_finished_the_newest_thousand_are_kept(site: Site) -> None:
    """Many that end at once are forgotten at once."""
    scanner, old = site.scanner(), range(1, 10_001)
    scan = create(site, scanner, ["10.0.0.1"], 1)
    lease = started(site, scanner)
    finished, kept = (site.keys.of("scan", scan, part) for part in ("finished", "tasks"))
    site.client.lpush(finished, *old)
    site.client.zadd(kept, {str(task): task for task in old})
    site.tasks.complete(scanner, lease.task, 1, status="completed", results=0, message="")
    newest = [*old[-999:], lease.task]

    assert site.client.lrange(finished, 0, -1) == [str(task) for task in newest[::-1]]
    assert site.client.zrange(kept, 0, -1) == [str(task) for task in newest]
