"""Budgets of probes per second, of subnets and of scans: who gets how much, and who waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.exchange import Holder, Lease
from queues.tasks import TaskStore
from tests.integration.conftest import TIMING, Site

INSIDE, BESIDE = "10.0.0.0/16", "192.168.0.0/16"


@pytest.fixture
def pair(site: Site) -> tuple[Holder, Holder]:
    """Two scanners with room for a scan of each kind."""
    one, other = (site.scanner(set_targets=20_000, set_tasks=8, set_jobs=3) for _ in range(2))
    return one, other


def queues(*holders: Holder) -> list[str]:
    return [f"s{holder.scanner}" for holder in holders]


def rates(leases: list[Lease]) -> list[int | None]:
    return [lease.rate for lease in leases]


def limit(site: Site, subnet: int, rate: int) -> None:
    site.rules.store.save(site.keys, "subnet", subnet, {"rate": rate})


def granted(site: Site, subnet: int) -> int:
    record = site.rules.store.get(site.keys, "subnet", subnet)
    assert record is not None
    return int(record["granted"])


def test_a_lone_task_gets_the_whole_of_a_budget(site: Site, pair: tuple[Holder, Holder]) -> None:
    """Where nobody else wants any of it, nothing is kept back."""
    one, _ = pair
    subnet = site.subnet(INSIDE, 100)
    site.scan(*queues(one), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)

    assert (lease.rate, lease.rated_by) == (100, f"subnet {INSIDE}")
    assert granted(site, subnet) == 100


def test_the_tasks_of_a_claim_share_a_budget_evenly(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """Each has its part, and together they have all of it."""
    one, _ = pair
    site.subnet(INSIDE, 100)
    site.scan(*queues(one), targets=INSIDE)

    assert rates(site.claim(one, limit=3)) == [33, 33, 34]


def test_one_that_waits_is_left_its_share(site: Site, pair: tuple[Holder, Holder]) -> None:
    """Who held all of a budget takes no more than half of it again while another waits."""
    one, other = pair
    site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    refused = site.claim(other, limit=1)
    site.finish(one, lease)

    assert refused == []
    assert rates(site.claim(one, limit=1)) == [50]
    assert rates(site.claim(other, limit=1)) == [50]


def test_one_over_its_share_leaves_the_room_that_there_is(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """Half of its tasks have ended, half of the budget is free: it is for the one that waits."""
    one, other = pair
    site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    leases = site.claim(one, limit=2)
    site.claim(other, limit=1)
    site.finish(one, leases[0])

    assert site.claim(one, limit=1) == []
    assert rates(site.claim(other, limit=1)) == [50]


def test_a_waiter_is_forgotten_after_30_seconds(site: Site, pair: tuple[Holder, Holder]) -> None:
    """One that does not ask again keeps nothing from others."""
    one, other = pair
    site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    site.claim(other, limit=1)
    site.clock.forward(30)
    site.finish(one, lease)

    assert rates(site.claim(one, limit=1)) == [100]


def test_a_waiter_that_asks_again_is_not_forgotten(site: Site, pair: tuple[Holder, Holder]) -> None:
    """Each claim of one that waits counts, also while there is nothing to be had."""
    one, other = pair
    site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    for _ in range(2):
        site.claim(other, limit=1)
        site.clock.forward(25)
    site.finish(one, lease)

    assert rates(site.claim(one, limit=1)) == [50]


def test_a_scanner_that_is_full_waits_for_nothing(site: Site) -> None:
    """It could not take its share, so others may."""
    one, other = site.scanner(), site.scanner(set_tasks=1, set_jobs=1)
    site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    refused = site.claim(other, limit=1)
    site.scan(*queues(other), targets=BESIDE)
    elsewhere = site.claim(other, limit=1)
    site.finish(one, lease)

    assert (refused, rates(elsewhere)) == ([], [None])
    assert rates(site.claim(one, limit=1)) == [100]


def test_a_scanner_that_may_work_on_no_more_scans_waits_for_none(site: Site) -> None:
    """It has free slots, but could not take a task of the scan that waits."""
    one, other = site.scanner(), site.scanner(set_jobs=1)
    group = f"g{site.group(one, other)}"
    other = site.holder(other.scanner)
    site.subnet(INSIDE, 100)
    site.scan(*queues(other), targets=BESIDE)
    site.claim(other, limit=1)
    site.scan(group, targets=INSIDE)
    one = site.holder(one.scanner)
    (lease,) = site.claim(one, limit=1)
    site.claim(one, limit=1)
    site.claim(other, limit=1)
    site.finish(one, lease)

    assert rates(site.claim(one, limit=1)) == [100]


@pytest.mark.parametrize("ends", [(60,), (20, 40, 60), (15, 30, 45, 60)])
@pytest.mark.parametrize("last", [0, 1, 2])
def test_whoever_waits_has_its_share_within_two_task_lives(
    site: Site, ends: tuple[int, ...], last: int
) -> None:
    """And keeps it, whether tasks end together or one by one, and whoever asks last."""
    scanners = [site.scanner(set_targets=20_000, set_tasks=4, set_jobs=1) for _ in range(3)]
    site.subnet("10.0.0.0/12", 90)
    site.scan(*queues(*scanners), targets="10.0.0.0/12")
    leases = site.claim(scanners[0], limit=len(ends))
    held = [(0, lease, end) for lease, end in zip(leases, ends, strict=True)]
    shares: list[list[int]] = []
    for second in range(0, 6 * 60, 5):
        for holder, lease, _ in [row for row in held if row[2] <= second]:
            site.finish(scanners[holder], lease)
        held = [row for row in held if row[2] > second]
        for holder in (last + 1) % 3, (last + 2) % 3, last:
            got = site.claim(scanners[holder], limit=1)
            held += [(holder, lease, second + 60) for lease in got]
        shares.append([sum(x.rate or 0 for h, x, _ in held if h == one) for one in range(3)])
        site.clock.forward(5)

    since_two_lives = shares[2 * 60 // 5 :]
    assert since_two_lives == [[30, 30, 30]] * len(since_two_lives)


def test_more_than_the_budget_can_serve_take_turns(site: Site) -> None:
    """Where not even the least rate is there for each, who began to wait first goes first."""
    scanners = [site.scanner(set_tasks=1) for _ in range(3)]
    site.subnet(INSIDE, 1)
    site.scan(*queues(*scanners), targets=INSIDE)
    turns: list[int] = []
    for _ in range(6):
        served = [(i, lease) for i in range(3) for lease in site.claim(scanners[i], limit=1)]
        for i, lease in served:
            site.finish(scanners[i], lease)
        turns += [i for i, _ in served]
        site.clock.forward(1)

    assert turns == [0, 1, 2, 0, 1, 2]


def test_a_task_draws_on_every_subnet_that_holds_it(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """The inner subnet bounds it, and the outer one has less for others."""
    one, other = pair
    outer, inner = site.subnet(INSIDE, 100), site.subnet("10.0.0.0/24", 30)
    site.scan(*queues(one), targets="10.0.0.0/24")
    site.scan(*queues(other), targets="10.0.1.0/24")
    (within,) = site.claim(one, limit=1)
    (beside,) = site.claim(other, limit=1)

    assert (within.rate, within.rated_by) == (30, "subnet 10.0.0.0/24")
    assert (beside.rate, beside.rated_by) == (50, f"subnet {INSIDE}")
    assert [granted(site, subnet) for subnet in (outer, inner)] == [80, 30]


def test_what_one_subnet_refuses_to_all_waits_for_it_whatever_another_refuses_to_one(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """Over its share of the outer one, none left of the inner one: nobody can have it now."""
    one, other = pair
    outer, inner = "10.0.0.0/16", "10.0.1.0/24"
    site.subnet(outer, 90)
    subnet = site.subnet(inner, 10)
    site.scan(*queues(other), targets=inner)
    site.scan(*queues(one), targets="10.0.2.0/24")
    leases = site.claim(other, limit=1) + site.claim(one, limit=1)
    scan = site.scan(*queues(one), targets=inner)
    refused = site.claim(one, limit=1)
    blocked = site.keys.of("scan", scan, "blocked")

    assert (rates(leases), refused) == ([10, 45], [])
    assert site.client.zcount(blocked, subnet, subnet) == site.client.zcard(blocked) == 1


def test_a_slice_does_not_cross_the_edge_of_a_subnet(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """Each has one set of limits; what is outside has none."""
    one, _ = pair
    site.subnet("10.0.0.0/28", 100)
    site.scan(*queues(one), targets="10.0.0.0/27")
    leases = site.claim(one, limit=2)

    assert [(lease.first, lease.last, lease.rate) for lease in leases] == [
        (0, 16, 50),
        (16, 32, None),
    ]


def test_a_lowered_limit_is_reached_as_grants_end(site: Site, pair: tuple[Holder, Holder]) -> None:
    """It takes nothing back; what is given is within it."""
    one, _ = pair
    subnet = site.subnet(INSIDE, 100)
    site.scan(*queues(one), targets=INSIDE)
    leases = site.claim(one, limit=2)
    limit(site, subnet, 40)
    seen = [(granted(site, subnet), site.claim(one, limit=1))]
    site.finish(one, leases[0])
    seen.append((granted(site, subnet), site.claim(one, limit=1)))
    site.finish(one, leases[1])

    assert seen == [(100, []), (50, [])]
    assert rates(site.claim(one, limit=1)) == [40]


def test_a_raised_limit_counts_from_the_next_claim_on(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """What waited for room comes back."""
    one, other = pair
    subnet = site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    site.claim(one, limit=1)
    refused = site.claim(other, limit=1)
    limit(site, subnet, 300)

    assert refused == []
    assert rates(site.claim(other, limit=1)) == [150]


def test_less_than_the_least_rate_is_not_granted(site: Site, pair: tuple[Holder, Holder]) -> None:
    """What is left below it waits for more; a limit that is itself below it is granted whole."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=10), site.clock)
    slow, other = site.scanner(rate=95), pair[1]
    site.subnet(INSIDE, 100)
    site.subnet(BESIDE, 3)
    site.scan(*queues(slow, other), targets=INSIDE)
    first = site.claim(slow, limit=1)
    second = site.claim(other, limit=1)
    site.scan(*queues(other), targets=BESIDE)

    assert (rates(first), second) == ([95], [])
    assert rates(site.claim(other, limit=1)) == [3]


@pytest.mark.parametrize("rate", ["", "50"])
def test_a_scan_that_waits_for_a_budget_holds_up_no_other(site: Site, rate: str) -> None:
    """The subnet's or its own: it has no place among the scans that a scanner may work on."""
    one, other = site.scanner(), site.scanner(set_jobs=1)
    site.subnet(INSIDE, 50)
    blocked = site.scan(*queues(one, other), targets=INSIDE, rate=rate)
    behind = site.scan(*queues(other), targets=BESIDE)
    site.claim(one, limit=1)

    assert [lease.scan for lease in site.claim(other, limit=1)] == [behind]
    assert site.record(blocked)["status"] == "pending"


def test_a_claim_brings_back_16_intervals_at_most(site: Site, pair: tuple[Holder, Holder]) -> None:
    """However much waited for a subnet; the next claims bring back the rest."""
    one, other = pair
    site.subnet(INSIDE, 100)
    for part in range(0, 40, 2):
        site.subnet(f"10.0.0.{part}/32", 50)
    scan = site.scan(*queues(one, other), targets="10.0.0.0-10.0.0.39")
    first = site.scan(*queues(one), targets="10.0.1.0/24")
    (lease,) = [lease for lease in site.claim(one, limit=2) if lease.scan == first]
    site.claim(other, limit=1)
    blocked = site.keys.of("scan", scan, "blocked")
    left = [site.client.zcard(blocked)]
    site.finish(one, lease)
    for _ in range(3):
        (lease,) = site.claim(other, limit=1)
        left.append(site.client.zcard(blocked))
        site.finish(other, lease)

    assert left == [39, 23, 7, 0]


def test_a_deleted_subnet_limits_nothing(site: Site, pair: tuple[Holder, Holder]) -> None:
    """Neither what waited for it, nor what ends of what it had granted."""
    one, other = pair
    subnet = site.subnet(INSIDE, 100)
    site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    refused = site.claim(other, limit=1)
    site.rules.store.delete(site.keys, "subnet", subnet)
    freed = site.claim(other, limit=1)
    site.finish(one, lease)

    assert (refused, rates(freed)) == ([], [None])
    assert site.client.keys("*subnet:*") == []


def test_nobody_waits_for_a_deleted_subnet(site: Site, pair: tuple[Holder, Holder]) -> None:
    """Not even while more waits for it than one claim brings back."""
    one, other = pair
    group = f"g{site.group(other)}"
    other = site.holder(other.scanner)
    subnet = site.subnet(INSIDE, 100)
    for part in range(0, 40, 2):
        site.subnet(f"10.0.0.{part}/32", 50)
    site.scan(*queues(one), targets="10.0.1.0/24")
    for _ in range(6):
        site.scan(group, targets="10.0.0.0-10.0.0.39")
    site.claim(one, limit=1)
    site.claim(other, limit=1)
    site.rules.store.delete(site.keys, "subnet", subnet)
    site.claim(other, limit=1)

    assert site.client.exists(site.keys.of("subnet", subnet, "blocked"))
    assert site.client.keys(f"*subnet:{subnet}:[gwt]*") == []


def test_two_scans_share_the_budget_of_a_subnet_and_each_has_its_own(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """The slowest limit bounds a task; what it leaves of the others is there for the next."""
    one, other = pair
    subnet = site.subnet(INSIDE, 100)
    limited = site.scan(*queues(one), targets="10.0.0.0/24", rate="30")
    plain = site.scan(*queues(other), targets="10.0.1.0/24")
    leases = site.claim(one, limit=1) + site.claim(other, limit=1)

    assert [(lease.scan, lease.rate, lease.rated_by) for lease in leases] == [
        (limited, 30, "scan"),
        (plain, 50, f"subnet {INSIDE}"),
    ]
    assert granted(site, subnet) == 80


def test_a_scan_shares_its_own_rate_among_those_that_want_some(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """A spent one leaves the window, and comes back with what comes free."""
    one, other = pair
    scan = site.scan(*queues(one, other), targets=INSIDE, rate="60")
    (lease,) = site.claim(one, limit=1)
    refused = site.claim(other, limit=1)
    spent = "spent" in site.record(scan)
    site.finish(one, lease)

    assert (lease.rate, refused, spent) == (60, [], True)
    assert rates(site.claim(one, limit=1)) == [30]
    assert rates(site.claim(other, limit=1)) == [30]


def test_what_came_back_is_cut_to_what_a_budget_can_do_in_time(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """A slice for a minute of all of a budget is too long for half of it."""
    one, other = pair
    site.scan(*queues(one, other), targets=INSIDE, rate="6")
    (lease,) = site.claim(one, limit=1)
    site.claim(other, limit=1)
    site.tasks.release(one, lease.task, lease.attempt, done=0)
    (again,) = site.claim(one, limit=1)

    assert (lease.first, lease.last, lease.rate) == (0, 360, 6)
    assert (again.task, again.first, again.last, again.rate) == (lease.task, 0, 180, 3)


def test_a_scan_that_has_ended_keeps_nobody_waiting(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """Neither grants nor waiters of it are left."""
    one, other = pair
    scan = site.scan(*queues(one, other), targets=INSIDE, rate="60")
    (lease,) = site.claim(one, limit=1)
    site.claim(other, limit=1)
    waiters, *others = (site.keys.of("scan", scan, k) for k in ("waiters", "turns", "grants"))
    waiting = site.client.zrange(waiters, 0, -1)
    site.scans.cancel(site.keys, scan, reason="test")
    site.finish(one, lease)

    assert waiting == [str(other.scanner)]
    assert site.client.exists(waiters, *others) == 0


def test_what_waited_for_a_subnet_is_dropped_with_its_scan(
    site: Site, pair: tuple[Holder, Holder]
) -> None:
    """A canceled scan has nothing open, also while tasks of it are out."""
    one, other = pair
    site.subnet(INSIDE, 100)
    scan = site.scan(*queues(one, other), targets=INSIDE)
    (lease,) = site.claim(one, limit=1)
    site.claim(other, limit=1)
    site.scans.cancel(site.keys, scan, reason="test")
    blocked = site.client.exists(site.keys.of("scan", scan, "blocked"))
    canceling = site.record(scan)
    site.finish(one, lease)

    assert (blocked, canceling["status"], canceling["open"]) == (0, "canceling", "0")
    assert site.record(scan)["status"] == "canceled"
