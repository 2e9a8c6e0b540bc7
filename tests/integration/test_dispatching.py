"""Dispatching by design §3: capacities, window, round robin, the end of a scan."""

from __future__ import annotations

from itertools import pairwise

from queues.exchange import Holder, Lease
from tests.integration.conftest import Site


def own(holder: Holder) -> str:
    return f"s{holder.scanner}"


def scans_of(leases: list[Lease]) -> list[int]:
    return [lease.scan for lease in leases]


def test_one_scanner_works_on_one_scan_at_a_time(site: Site) -> None:
    """Six tasks are out at once, each completion frees one more, the second scan waits."""
    scanner = site.scanner(set_tasks=6, set_jobs=1)
    first = site.scan(own(scanner), targets="10.0.0.0/28", size=1)
    second = site.scan(own(scanner), targets="10.0.1.0/28", size=1)

    held = site.claim(scanner)
    given = scans_of(held)
    assert given == [first] * 6
    assert site.claim(scanner) == []
    for _ in range(10):
        site.finish(scanner, held.pop(0))
        more = site.claim(scanner)
        assert scans_of(more) == [first]
        held += more
    for lease in held[:-1]:
        site.finish(scanner, lease)
        assert site.claim(scanner) == []
    site.finish(scanner, held[-1])

    assert site.record(first)["status"] == "completed"
    assert scans_of(site.claim(scanner)) == [second] * 6


def test_three_scans_in_succession_whatever_their_origin(site: Site) -> None:
    """Job capacity 3, task capacity 5: 1, 2, 3, 1, 2; the next is of scan 3."""
    scanner = site.scanner(set_tasks=5, set_jobs=3)
    one, two = site.group(scanner), site.group(scanner)
    scanner = site.holder(scanner.scanner)
    first = site.scan(own(scanner), size=1)
    second = site.scan(f"g{one}", size=1)
    third = site.scan(f"g{two}", size=1)

    held = site.claim(scanner)
    assert scans_of(held) == [first, second, third, first, second]
    site.finish(scanner, held[0])

    assert scans_of(site.claim(scanner)) == [third]


def test_two_scanners_share_a_group(site: Site) -> None:
    """Scanner 1 gets 1, 2, 1, 2, 1, 2; scanner 2 six of scan 2; if one fails the other goes on."""
    one, two = site.scanner(set_tasks=6, set_jobs=3), site.scanner(set_tasks=6, set_jobs=3)
    group = site.group(one, two)
    one, two = site.holder(one.scanner), site.holder(two.scanner)
    first = site.scan(own(one), size=4)
    second = site.scan(f"g{group}", size=4)

    mine, other = site.claim(one), site.claim(two)
    assert scans_of(mine) == [first, second] * 3
    assert scans_of(other) == [second] * 6
    intervals = sorted((x.first, x.last) for x in [*mine, *other] if x.scan == second)
    assert all(a[1] == b[0] for a, b in pairwise(intervals))
    for lease in mine:
        site.tasks.start(one, lease.task, lease.attempt)
    for _ in range(200):
        for lease in other:
            site.finish(two, lease)
        site.pass_time(10)
        other = site.claim(two)
        if not other:
            break

    assert site.record(second)["status"] == "completed"
    assert site.record(first)["status"] == "running"


def test_a_whole_scan_covers_each_address_once(site: Site) -> None:
    """Slices sized by time and by the end of the scan together are the scan, without overlap."""
    scanner = site.scanner()
    scan = site.scan(own(scanner), targets="10.0.0.0/22", ports="1000")

    seen: list[tuple[int, int]] = []
    while leases := site.claim(scanner):
        for lease in leases:
            seen.append((lease.first, lease.last))
            site.finish(scanner, lease)

    assert seen[0][0] == 0
    assert all(a[1] == b[0] for a, b in pairwise(seen))
    assert seen[-1][1] == 1024
    assert site.scans.covered(site.keys, scan)["done"] == [(0, 1024)]
    assert seen[0][1] - seen[0][0] > seen[-1][1] - seen[-1][0]


def test_a_scan_as_large_as_allowed_works(site: Site) -> None:
    """At the end of 2^48 addresses every digit counts."""
    scanner = site.scanner(set_tasks=1)
    scan = site.scan(own(scanner), targets="2001:db8::/80", size=1024)
    end = 2**48
    site.client.delete(site.keys.of("scan", scan, "open"))
    site.client.rpush(site.keys.of("scan", scan, "open"), f"{end - 3}:{end}:0::")

    (lease,) = site.claim(scanner)
    assert (lease.first, lease.last) == (end - 3, end)
    assert lease.segment.targets(lease.first, lease.last) == [
        "2001:db8::ffff:ffff:fffd/128",
        "2001:db8::ffff:ffff:fffe/127",
    ]
    site.tasks.start(scanner, lease.task, 1)
    site.tasks.release(scanner, lease.task, 1, done=2)
    (again,) = site.claim(scanner)

    assert (again.first, again.last, again.task) == (end - 1, end, lease.task)
    assert site.scans.covered(site.keys, scan)["done"] == [(end - 3, end - 1)]
