"""How large slices are, and how a claim goes round the window, by design §2 and §3."""

from __future__ import annotations

import pytest

from queues.exchange import Holder, Lease
from tests.integration.conftest import Site


def own(holder: Holder) -> str:
    return f"s{holder.scanner}"


def sizes(leases: list[Lease]) -> list[int]:
    return [lease.last - lease.first for lease in leases]


@pytest.mark.parametrize(
    ("ports", "rate", "size"),
    [
        (1000, "", 60),  # 60 s at 1,000 probes a second, the default, are 60 addresses
        (1000, 400, 6),  # a scanner shares its own limit over its four tasks
        (65535, "", 1),  # less than an address in the time: at least one
        (10, 50, 75),
    ],
)
def test_a_slice_is_about_a_minute_of_probing(
    site: Site, ports: int, rate: int | str, size: int
) -> None:
    """Addresses by ports by the rate granted."""
    scanner = site.scanner(set_targets=10_000, set_tasks=4, rate=rate)
    site.scan(own(scanner), targets="10.0.0.0/8", ports=str(ports))

    assert sizes(site.claim(scanner, limit=1)) == [size]


def test_a_slice_leaves_room_for_the_others(site: Site) -> None:
    """At most its share of the free target capacity, so that every task slot can be filled."""
    scanner = site.scanner(set_targets=100, set_tasks=3)
    site.scan(own(scanner), targets="10.0.0.0/8")

    assert sizes(site.claim(scanner)) == [34, 33, 33]


def test_slices_shrink_towards_the_end(site: Site) -> None:
    """The last ones are small, so that nobody waits for one large straggler."""
    scanner = site.scanner(set_targets=10_000, set_tasks=2)
    site.scan(own(scanner), targets="10.0.0.0/23", ports="1000")
    seen: list[int] = []
    while leases := site.claim(scanner, limit=1):
        seen += sizes(leases)
        site.finish(scanner, leases[0])

    assert sum(seen) == 512
    assert seen[0] == 60
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1


def test_a_fixed_size_wins_within_capacity(site: Site) -> None:
    """HostsPerTask is the size, and free target capacity its limit."""
    scanner = site.scanner(set_targets=100, set_tasks=3)
    site.scan(own(scanner), targets="10.0.0.0/8", size=64)

    assert sizes(site.claim(scanner)) == [64, 36]


def test_a_slice_never_crosses_a_segment(site: Site) -> None:
    """A thousand scattered addresses come in lists of at most 256 ranges."""
    scanner = site.scanner(set_targets=10_000, set_tasks=1)
    targets = [f"10.0.{i // 128}.{i % 128 * 2}" for i in range(1000)]
    site.scan(own(scanner), targets=targets, size=1000)
    lists = []
    while leases := site.claim(scanner):
        lists.append(leases[0].segment.targets(leases[0].first, leases[0].last))
        site.finish(scanner, leases[0])

    assert sum(map(len, lists)) == 1000
    assert max(map(len, lists)) <= 256


def test_round_robin_goes_on_where_it_stopped(site: Site) -> None:
    """One slice a claim comes from each scan in succession, over claims and completions."""
    scanner = site.scanner(set_tasks=12, set_jobs=3)
    scans = [site.scan(own(scanner), size=1) for _ in range(3)]

    given = [site.claim(scanner, limit=1)[0] for _ in range(5)]
    assert [lease.scan for lease in given] == [*scans, *scans[:2]]
    for lease in given:
        site.finish(scanner, lease)
    assert [lease.scan for lease in site.claim(scanner, limit=4)] == [scans[2], *scans]


def test_a_scan_that_fell_out_of_the_window_gets_nothing_new(site: Site) -> None:
    """An older scan that comes back takes the place; what is held ends, then it goes on."""
    scanner = site.scanner(set_tasks=2, set_jobs=1)
    older, newer = (site.scan(own(scanner), size=1) for _ in range(2))
    site.scans.pause(site.keys, older, reason="test")
    held = site.claim(scanner)
    assert {lease.scan for lease in held} == {newer}
    site.scans.resume(site.keys, older, reason="test")
    site.finish(scanner, held[0])

    assert site.claim(scanner) == []
    site.finish(scanner, held[1])
    assert {lease.scan for lease in site.claim(scanner)} == {older}


def test_the_last_slices_are_shared_out_in_a_group(site: Site) -> None:
    """While fewer slices remain than the group has slots, a claim gets one of the scan at most."""
    members = [site.scanner(set_tasks=6) for _ in range(2)]
    group = site.group(*members)
    one, two = (site.holder(member.scanner) for member in members)
    site.heartbeat(one)
    site.heartbeat(two)
    site.scan(f"g{group}", targets="10.0.0.0/29", size=1)

    assert len(site.claim(one)) == 1
    assert len(site.claim(two)) == 1
    alone = site.scan(own(one), targets="10.0.0.0/29", size=1)
    given = [lease.scan for lease in site.claim(one)]
    assert given.count(alone) == 4
    assert len(given) == 5
