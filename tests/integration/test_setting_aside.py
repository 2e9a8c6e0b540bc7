"""Intervals whose limit is spent: set aside, passed over, brought back, and what is said of it."""

from __future__ import annotations

import pytest

from queues.exchange import Holder, Lease
from queues.retirement import RetirementStore
from tests.integration.conftest import TIMING, Site

A, B = "10.0.0.0/26", "10.0.0.64/26"


@pytest.fixture
def busy(site: Site) -> Holder:
    """One that holds what others wait for."""
    return site.scanner(set_targets=1024, set_tasks=8, set_jobs=8)


@pytest.fixture
def other(site: Site) -> Holder:
    """One that asks for a task at a time."""
    return site.scanner(set_targets=1024, set_tasks=8, set_jobs=8)


def own(*holders: Holder) -> list[str]:
    return [f"s{holder.scanner}" for holder in holders]


def blocked(site: Site, scan: int) -> list[tuple[str, int]]:
    """The intervals set aside, each with the subnet that it waits for."""
    found = site.client.zrange(site.keys.of("scan", scan, "blocked"), 0, -1, withscores=True)
    return [(entry, int(subnet)) for entry, subnet in found]


def closed(site: Site, holder: Holder) -> list[str]:
    return site.client.zrange(site.keys.of("queue", *own(holder), "closed"), 0, -1)


def left(site: Site, *parts: str | int) -> int:
    return site.client.exists(site.keys.of(*parts))


def spend(site: Site, busy: Holder, cidr: str = A, rate: int = 1) -> tuple[int, Lease]:
    """A limit, and a task that has all of it."""
    subnet = site.subnet(cidr, rate)
    site.scan(*own(busy), targets=cidr, size=1)
    (lease,) = site.claim(busy, limit=1)
    assert lease.rate == rate
    return subnet, lease


def claim_once(site: Site, holder: Holder) -> list[str]:
    """What the script of a claim answers, which may be that there is more to look at."""
    times = (TIMING.claim_ms, "", TIMING.task_seconds)
    rates = (TIMING.default_rate, TIMING.least_rate)
    return site.tasks._run("claim", holder, 1, "", *times, *rates, 0, "")


def said(site: Site, scan: int) -> tuple[str, str]:
    return site.scans.explain(site.keys, scan)


def test_what_was_set_aside_comes_back_in_front(site: Site, busy: Holder, other: Holder) -> None:
    """In its order, and only what waited for the limit that has room again."""
    (first, lease), (second, _) = spend(site, busy), spend(site, busy, B)
    site.subnet("10.0.0.32/27", 9)
    scan = site.scan(*own(other), targets=["10.0.0.0/25", "10.0.0.192/26"], size=32)
    assert [lease.first for lease in site.claim(other, limit=1)] == [128]
    waits = [entry for entry, subnet in blocked(site, scan) if subnet == first]
    assert [entry.split(":")[0] for entry in waits] == ["0", "32"]
    rest = site.opened(scan)
    site.finish(busy, lease)
    (again,) = site.claim(other, limit=1)

    assert (again.first, again.last) == (0, 32)
    assert site.opened(scan) == [waits[1], *rest]
    assert {subnet for _, subnet in blocked(site, scan)} == {second}
    assert left(site, "freed") == left(site, "subnet", first, "blocked") == 0
    assert left(site, "subnet", second, "blocked") == 1


def test_an_interval_waits_for_the_outermost_that_is_spent(
    site: Site, busy: Holder, other: Holder
) -> None:
    """Whatever is spent inside it as well; what has room is not waited for."""
    outer, middle = site.subnet("10.0.0.0/16", 3), site.subnet("10.0.0.0/24", 2)
    inner, _ = spend(site, busy)
    scans = [site.scan(*own(other), targets=cidr, size=4) for cidr in (A, "10.0.0.0/29")]
    site.claim(other, limit=1)
    assert {subnet for _, subnet in blocked(site, scans[0])} == {inner}
    for cidr in ("10.0.0.128/26", "10.0.1.0/26"):
        site.scan(*own(busy), targets=cidr, size=1)
        assert [lease.rate for lease in site.claim(busy, limit=1)] == [1]
    late = site.scan(*own(other), targets=A, size=4)
    site.claim(other, limit=1)

    assert {subnet for _, subnet in blocked(site, late)} == {outer}
    assert left(site, "subnet", middle, "blocked") == 0


def test_what_is_spent_for_all_is_set_aside_by_one_over_its_share(site: Site, busy: Holder) -> None:
    """Though the limit around it refuses first."""
    outer = site.subnet("10.0.0.0/16", 12)
    inner, lease = spend(site, busy, rate=5)
    assert lease.rated_by == f"subnet {A}"
    half = site.scanner(set_targets=1024, set_tasks=8, set_jobs=8, rate=6)
    scan = site.scan(*own(half), targets=["10.0.0.0/30", "10.0.1.0/30"], size=4)
    (lease,) = site.claim(half, limit=1)
    assert (lease.first, lease.rate) == (4, 6)
    late = site.scan(*own(half), targets="10.0.0.0/30", size=4)
    assert site.claim(half) == []

    assert [{subnet for _, subnet in blocked(site, one)} for one in (scan, late)] == [{inner}] * 2
    assert left(site, "subnet", outer, "blocked") == 0


def test_what_others_may_have_goes_to_the_back(site: Site) -> None:
    """One over its share leaves it to them, in the order in which it was."""
    site.subnet(A, 12)
    slow, fast = (site.scanner(set_targets=1024, rate=rate) for rate in (5, 6))
    scan = site.scan(*own(slow, fast), targets="10.0.0.0/25", size=4)
    assert [lease.rate for holder in (slow, fast) for lease in site.claim(holder, limit=1)] == [
        5,
        6,
    ]
    before = site.opened(scan)
    (lease,) = site.claim(fast, limit=1)

    assert lease.first == 64
    assert site.opened(scan) == [before[1].replace("64", "68"), before[0]]
    assert blocked(site, scan) == []


@pytest.mark.parametrize(("scans", "each"), [(1, 16), (3, 5), (5, 4)])
def test_a_claim_turns_some_intervals_of_each_scan(
    site: Site, busy: Holder, other: Holder, scans: int, each: int
) -> None:
    """Sixteen over all of its window, but four of each at least; then it looks again."""
    for at in range(0, 32, 2):
        site.subnet(f"10.0.0.{at}/32", 9)
    spend(site, busy)
    waiting = [site.scan(*own(other), targets=A, size=1) for _ in range(scans)]
    assert claim_once(site, other) == ["ok", "-1"]

    assert [len(blocked(site, scan)) for scan in waiting] == [each] * scans


def test_scans_come_back_by_receipt(site: Site, busy: Holder, other: Holder) -> None:
    """As many intervals of the first one as a claim may bring back come before the second one."""
    for at in range(0, 32, 2):
        site.subnet(f"10.0.0.{at}/32", 9)
    subnet, lease = spend(site, busy)
    scans = [site.scan(*own(other), targets=A, size=1) for _ in range(2)]
    assert claim_once(site, other) == ["ok", "-1"]
    assert [len(blocked(site, scan)) for scan in scans] == [8, 8]
    assert site.claim(other, limit=1) == []
    assert [len(blocked(site, scan)) for scan in scans] == [32, 32]
    site.finish(busy, lease)
    site.claim(other, limit=1)

    assert [len(blocked(site, scan)) for scan in scans] == [16, 32]
    assert left(site, "freed") == 1
    assert left(site, "subnet", subnet, "blocked") == 1


def test_what_waited_for_a_subnet_that_has_moved_comes_back(
    site: Site, busy: Holder, other: Holder
) -> None:
    """Though that has no room, and however many wait before it for another one; but once."""
    subnet, _ = spend(site, busy)
    spend(site, busy, B)
    for address in range(4):
        site.scan(*own(other), targets=f"10.0.0.{64 + address}", size=1)
    behind = site.scan(*own(other), targets="10.0.0.0/31", size=1)
    still = site.scan(*own(other), targets="10.0.0.32", size=1)
    assert site.claim(other) == []
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.32/27"})

    assert said(site, behind) == ("AWAITING_CLAIM", "")
    assert [lease.scan for lease in site.claim(other)] == [behind, behind]
    assert blocked(site, still)
    assert site.claim(other) == []
    assert left(site, "freed") == 0
    assert said(site, still) == ("BUDGET_SPENT", "subnet 10.0.0.32/27")


def test_all_that_waits_for_a_subnet_that_has_moved_is_looked_at(
    site: Site, busy: Holder, other: Holder
) -> None:
    """However many were cut anew before, as those of which tasks are out, and are still in it."""
    spend(site, busy, "10.1.0.0/24")
    subnet = site.subnet("10.0.0.0/23", 1)
    site.scan(*own(busy), targets="10.0.0.0", size=1)
    assert len(site.claim(busy)) == 1
    for address in range(4):
        site.scan(*own(busy, other), targets=f"10.1.0.{address}", size=1)
    still = [site.scan(*own(busy), targets=f"10.0.0.{i}", size=1) for i in range(120)]
    behind = site.scan(*own(other), targets="10.0.1.0/31", size=2)
    assert site.claim(busy) == site.claim(other) == []
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.0/24"})
    for scan in still:
        site.recutting.recut(site.keys, scan)
    claim_once(site, busy)

    assert said(site, still[0]) == ("BUDGET_SPENT", "subnet 10.0.0.0/24")
    assert said(site, behind) == ("AWAITING_CLAIM", "")
    assert site.claim(busy) == []
    assert all(blocked(site, scan) for scan in still)
    assert [lease.scan for lease in site.claim(other)] == [behind]


def test_those_that_have_ended_keep_nobody_waiting(site: Site, busy: Holder, other: Holder) -> None:
    """However many of them had waited for a limit that comes free: a claim looks on."""
    _, lease = spend(site, busy)
    ended = [site.scan(*own(other), targets=A, size=1) for _ in range(40)]
    scan = site.scan(*own(other), targets=A, size=1)
    assert site.claim(other) == []
    for one in ended:
        site.scans.cancel(site.keys, one, reason="test")
    site.finish(busy, lease)

    assert [lease.scan for lease in site.claim(other, limit=1)] == [scan]


def test_many_without_room_hide_none_that_has_some(site: Site, other: Holder) -> None:
    """A claim looks at sixteen limits at once, and then at the others."""
    busy = site.scanner(set_targets=1024, set_tasks=20, set_jobs=20)
    cidrs = [f"10.0.{n}.0/26" for n in range(17)]
    spent = [spend(site, busy, cidr) for cidr in cidrs]
    site.scan(*own(other), targets=cidrs, size=64)
    assert site.claim(other) == []
    site.client.zadd(site.keys.of("freed"), {str(subnet): subnet for subnet, _ in spent[:16]})
    site.finish(busy, spent[16][1])

    assert [lease.first for lease in site.claim(other, limit=1)] == [16 * 64]


def test_what_waits_nowhere_is_not_called(site: Site, busy: Holder) -> None:
    """A limit that comes free is only noted where something waits for it."""
    _, lease = spend(site, busy)
    site.finish(busy, lease)

    assert left(site, "freed") == 0


def test_what_has_no_room_brings_nothing_back(site: Site, busy: Holder, other: Holder) -> None:
    """A limit that was lowered below what is granted stays spent, though some comes free."""
    subnet = site.subnet(A, 10)
    site.scan(*own(busy), targets=A, size=1)
    leases = site.claim(busy, limit=2)
    scan = site.scan(*own(other), targets=A, size=1)
    assert site.claim(other) == []
    site.rules.store.save(site.keys, "subnet", subnet, {"rate": 5})
    site.finish(busy, leases[0])
    assert left(site, "freed") == 1
    assert site.claim(site.scanner()) == []
    assert (len(blocked(site, scan)), left(site, "freed")) == (1, 0)
    site.finish(busy, leases[1])

    assert [lease.rate for lease in site.claim(other, limit=1)] == [5]


def test_a_canceled_scan_has_nothing_set_aside(site: Site, busy: Holder, other: Holder) -> None:
    """Also while tasks of it are out; and what it waited for is not kept waiting by it."""
    subnet, lease = spend(site, busy)
    scan = site.scan(*own(other), targets="10.0.0.0/25", size=64)
    assert len(site.claim(other)) == 1
    assert site.claim(other) == []
    assert (len(blocked(site, scan)), closed(site, other)) == (1, [str(scan)])
    site.scans.cancel(site.keys, scan, reason="test")
    assert (site.record(scan)["status"], site.record(scan)["dropped"]) == ("canceling", "64")
    assert (blocked(site, scan), closed(site, other)) == ([], [])
    site.finish(busy, lease)
    site.claim(other)

    assert left(site, "freed") == left(site, "subnet", subnet, "blocked") == 0


def test_a_claim_looks_at_sixteen_scans_at_most(site: Site, busy: Holder, other: Holder) -> None:
    """Also where they were canceled meanwhile, and nothing of them comes back."""
    subnet, lease = spend(site, busy)
    scans = [site.scan(*own(other), targets=A, size=1) for _ in range(18)]
    for _ in scans:
        assert site.claim(other) == []
    waiting = site.keys.of("subnet", subnet, "blocked")
    before = site.client.zcard(waiting)
    assert before > 16
    for scan in scans:
        site.scans.cancel(site.keys, scan, reason="test")
    site.finish(busy, lease)
    left_over = []
    for _ in range(2):
        claim_once(site, site.scanner())
        left_over.append(site.client.zcard(waiting))

    assert left_over == [before - 16, 0]


def test_a_scan_is_closed_while_all_of_it_waits(site: Site, busy: Holder, other: Holder) -> None:
    """In all its queues; neither where nothing of it is open, nor when something comes back."""
    _, lease = spend(site, busy)
    queues = (*own(other), *own(site.scanner()))
    scan = site.scan(*queues, targets="10.0.0.0/30", size=4)
    out = site.scan(*queues, targets="10.0.9.0/30", size=4)
    assert [lease.scan for lease in site.claim(other)] == [out]
    late = site.holder(int(queues[1][1:]))
    assert site.claim(late) == []
    assert closed(site, other) == closed(site, late) == [str(scan)]
    site.finish(busy, lease)
    site.claim(site.scanner())

    assert closed(site, other) == closed(site, late) == []


def test_a_retired_queue_has_nothing_closed(site: Site, busy: Holder, other: Holder) -> None:
    """Though its scanner still works."""
    spend(site, busy)
    beside = site.scan(*own(other), *own(busy), targets="10.0.9.0/30", size=4)
    assert [lease.scan for lease in site.claim(other)] == [beside]
    scan = site.scan(*own(other), *own(busy), targets=A, size=4)
    assert site.claim(other) == []
    assert closed(site, other) == [str(scan)]
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", other.scanner)

    assert closed(site, other) == []


def test_a_scan_passed_over_takes_no_place(site: Site, busy: Holder) -> None:
    """Who may have nothing of the first one now is given the next, one scan at a time."""
    waiter, newcomer = (site.scanner(set_tasks=2, set_jobs=1) for _ in range(2))
    group = site.group(newcomer)
    newcomer = site.holder(newcomer.scanner)
    site.subnet(A, 1)
    first = site.scan(*own(busy, waiter), f"g{group}", targets=A, size=1)
    second = site.scan(f"g{group}", targets=B, size=1)
    (lease,) = site.claim(busy, limit=1)
    assert site.claim(waiter) == []
    site.finish(busy, lease)
    given = site.claim(newcomer)

    assert [lease.scan for lease in given] == [second, second]
    assert [lease.scan for lease in site.claim(waiter)] == [first]


def test_a_scan_passed_over_keeps_its_place_with_who_holds_it(site: Site) -> None:
    """It is one of the scans that the scanner works on."""
    slow, fast = site.scanner(rate=5), site.scanner(rate=6, set_tasks=4, set_jobs=1)
    group = site.group(fast)
    fast = site.holder(fast.scanner)
    site.subnet(A, 12)
    site.scan(*own(slow), f"g{group}", targets=A, size=1)
    site.scan(f"g{group}", targets=B, size=1)
    assert [lease.rate for lease in site.claim(slow, limit=1)] == [5]
    assert [lease.rate for lease in site.claim(fast, limit=1)] == [6]

    assert site.claim(fast) == []


def test_the_place_of_a_scan_passed_over_is_not_given_twice(site: Site) -> None:
    """Two scans at a time: one that it holds, and the first that it can have something of."""
    slow, fast = site.scanner(rate=5), site.scanner(rate=6, set_tasks=4, set_jobs=2)
    group = site.group(fast)
    fast = site.holder(fast.scanner)
    site.subnet(A, 12)
    site.scan(*own(slow), f"g{group}", targets=A, size=1)
    again, *others = (site.scan(f"g{group}", targets=cidr, size=1) for cidr in (A, B, B))
    site.scans.pause(site.keys, again, reason="test")
    assert [lease.rate for lease in site.claim(slow, limit=1)] == [5]
    held, beside = site.claim(fast, limit=2)
    assert (held.rate, beside.scan) == (6, others[0])
    site.finish(fast, beside)
    site.scans.resume(site.keys, again, reason="test")

    assert [lease.scan for lease in site.claim(fast, limit=1)] == [others[0]]


def test_a_single_address_gets_all_that_is_on_offer(site: Site, other: Holder) -> None:
    """However many tasks the claim would take."""
    site.subnet(A, 100)
    site.scan(*own(other), targets="10.0.0.1", size=1)

    assert [lease.rate for lease in site.claim(other, limit=8)] == [100]


def test_scans_of_which_all_is_out_share_no_limit(site: Site, other: Holder) -> None:
    """What is left of it is for the tasks of the others."""
    site.subnet(A, 100)
    site.scan(*own(other), targets="192.0.2.1", size=1)
    site.scan(*own(other), targets=A, size=1)

    assert [lease.rate for lease in site.claim(other, limit=4)] == [None, 50, 25, 25]


def test_what_comes_back_stays_whole_where_nothing_limits_it(site: Site) -> None:
    """Though a new slice would be smaller by then."""
    scanner = site.scanner(set_targets=1024, set_tasks=2)
    site.scan(*own(scanner), targets="10.0.0.0/27", ports="1000")
    first, second = site.claim(scanner)
    assert [first.last, second.last - second.first] == [8, 6]
    site.finish(scanner, second)
    site.tasks.release(scanner, first.task, 1, done=0)
    again, next_one = site.claim(scanner)

    assert (again.task, again.last, next_one.last - next_one.first) == (first.task, 8, 5)


def test_a_limit_in_the_way_is_named(site: Site, busy: Holder, other: Holder) -> None:
    """Before and after what waits for it is set aside; not where it has room, or has gone."""
    subnet, lease = spend(site, busy)
    scan = site.scan(*own(other), targets=A, size=1)
    assert said(site, scan) == ("NO_SCANNER_ONLINE", "")
    site.heartbeat(other)
    assert said(site, scan) == ("AWAITING_CLAIM", "")
    site.scans.pause(site.keys, scan, reason="test")
    site.claim(other)
    site.scans.resume(site.keys, scan, reason="test")
    assert (blocked(site, scan), said(site, scan)) == ([], ("BUDGET_SPENT", f"subnet {A}"))
    assert site.claim(other) == []
    assert len(blocked(site, scan)) == 1
    assert said(site, scan) == ("BUDGET_SPENT", f"subnet {A}")
    site.finish(busy, lease)
    assert said(site, scan) == ("AWAITING_CLAIM", "")
    site.clock.forward(31)
    assert len(site.claim(busy, limit=1)) == 1
    assert site.claim(other) == []
    assert said(site, scan) == ("BUDGET_SPENT", f"subnet {A}")
    site.rules.store.delete(site.keys, "subnet", subnet)

    assert said(site, scan) == ("AWAITING_CLAIM", "")


def test_what_is_set_aside_holds_up_nothing_else(site: Site, busy: Holder, other: Holder) -> None:
    """A scan of which something can be handed out waits for a claim."""
    spend(site, busy)
    scan = site.scan(*own(other), targets="10.0.0.0/25", size=64)
    (lease,) = site.claim(other, limit=1)
    site.tasks.release(other, lease.task, 1, done=0)

    assert len(blocked(site, scan)) == 1
    assert said(site, scan) == ("AWAITING_CLAIM", "")


def test_a_limit_in_the_way_of_what_a_cut_left_is_named(
    site: Site, busy: Holder, other: Holder
) -> None:
    """As a claim would find it that is yet to come."""
    site.subnet(A, 1)
    scan, _ = (site.scan(*own(holder), targets=A, size=1) for holder in (other, busy))
    (lease,) = site.claim(other, limit=1)
    site.finish(other, lease)
    assert said(site, scan) == ("AWAITING_CLAIM", "")
    assert len(site.claim(busy, limit=1)) == 1

    assert said(site, scan) == ("BUDGET_SPENT", f"subnet {A}")


def test_a_limit_in_the_way_of_a_running_scan_is_named(
    site: Site, busy: Holder, other: Holder
) -> None:
    """Its own, or that of all that is still open of it; else it waits for nothing."""
    spend(site, busy)
    scan = site.scan(*own(other), targets="10.0.0.0/25", size=64)
    assert len(site.claim(other, limit=1)) == 1
    assert said(site, scan) == ("BUDGET_SPENT", f"subnet {A}")
    limited = site.scan(*own(other), targets=["10.0.0.0/26", "192.0.2.0/26"], size=1, rate="5")
    lease = next(one for one in site.claim(other, limit=1) if one.scan == limited)
    assert said(site, limited) == ("", "")
    assert site.claim(other) == []
    assert said(site, limited) == ("BUDGET_SPENT", "scan")
    site.tasks.release(other, lease.task, 1, done=0)

    assert said(site, limited) == ("AWAITING_CLAIM", "")
