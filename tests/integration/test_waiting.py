"""Who waits for which limit, from when and until when, and who is before whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.exchange import Holder, Lease
from queues.tasks import TaskStore
from tests.integration.conftest import TIMING, Site

NET, BESIDE = "10.0.0.0/24", "192.0.2.0/24"


@pytest.fixture
def three(site: Site) -> tuple[Holder, Holder, Holder]:
    """Three scanners with room for anything."""
    one, two, three = (site.scanner(set_targets=1024, set_tasks=32, set_jobs=32) for _ in range(3))
    return one, two, three


def own(*holders: Holder) -> list[str]:
    return [f"s{holder.scanner}" for holder in holders]


def take(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    return lease


def rates(leases: list[Lease]) -> list[int | None]:
    return [lease.rate for lease in leases]


def waits(site: Site, holder: Holder) -> str:
    """What it waits for, as its record says."""
    record = site.scanners.get(site.keys, holder.scanner)
    assert record is not None
    return record.get("waits", "")


def waiters(site: Site, kind: str, budget: int) -> list[str]:
    """Who waits for a budget; everybody of them has a turn, and nobody else."""
    found, turns = (site.keys.of(kind, budget, what) for what in ("waiters", "turns"))
    assert set(site.client.zrange(found, 0, -1)) == set(site.client.zrange(turns, 0, -1))
    return site.client.zrange(turns, 0, -1)


def claim_once(site: Site, holder: Holder) -> list[str]:
    """What the script of a claim answers, which may be that there is more to look at."""
    times = (TIMING.claim_ms, "", TIMING.task_seconds)
    rates = (TIMING.default_rate, TIMING.least_rate)
    return site.tasks._run("claim", holder, 1, "", *times, *rates, 0, "")


def ids(*holders: Holder) -> list[str]:
    return [str(holder.scanner) for holder in holders]


def test_who_was_refused_by_a_limit_waits_until_it_has_some(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Though it got something else of the same scan."""
    one, other, _ = three
    subnet = site.subnet("10.0.0.0/25", 100)
    site.scan(*own(one, other), targets=NET, size=1)
    lease = take(site, one)
    assert take(site, other).first == 128
    assert waiters(site, "subnet", subnet) == ids(other)
    site.finish(one, lease)
    assert rates(site.claim(one, limit=1)) == [50]
    assert rates(site.claim(other, limit=1)) == [50]

    assert (waiters(site, "subnet", subnet), waits(site, other)) == ([], "")


def test_who_has_some_and_asked_for_more_waits_when_it_has_none(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Of a subnet and of a scan: whoever asks first leaves it its share."""
    one, other, _ = three
    subnet = site.subnet(NET, 100)
    scans = [site.scan(*own(one, other), targets=NET, size=1)]
    scans.append(site.scan(*own(one, other), targets=BESIDE, size=1, rate="60"))
    leases = site.claim(one, limit=2)
    assert rates(leases) == [100, 60]
    for _ in range(2):
        assert site.claim(one) == []
    assert sorted(waits(site, one).split(",")) == [f"scan:{scans[1]}", f"subnet:{subnet}"]
    assert waiters(site, "subnet", subnet) == waiters(site, "scan", scans[1]) == []
    for lease in leases:
        site.finish(one, lease)
    assert waiters(site, "subnet", subnet) == waiters(site, "scan", scans[1]) == ids(one)

    assert rates(site.claim(other, limit=2)) == [50, 30]


def test_who_asked_for_more_long_ago_does_not_wait_when_it_has_none(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Nor one that asked for nothing more."""
    one, other, _ = three
    subnet = site.subnet(NET, 100)
    site.scan(*own(one, other), targets=NET, size=1)
    lease = take(site, one)
    assert site.claim(one) == []
    site.clock.forward(30)
    site.finish(one, lease)
    assert waiters(site, "subnet", subnet) == []
    (lease,) = site.claim(other, limit=1)
    site.finish(other, lease)

    assert waiters(site, "subnet", subnet) == []


def test_who_is_over_its_share_of_a_scan_does_not_wait(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """It would count twice, and leave the others less than their share."""
    one, other, _ = three
    scan = site.scan(*own(one, other), targets=NET, size=1, rate="60")
    lease = take(site, one)
    assert site.claim(other) == []
    site.finish(one, lease)
    assert rates(site.claim(one, limit=1)) == [30]
    assert site.claim(one, limit=1) == []
    assert waiters(site, "scan", scan) == ids(other)

    assert rates(site.claim(other, limit=1)) == [30]


def test_a_late_claim_is_one_that_wants_some(site: Site) -> None:
    """One that waited long ago has its share as others have, no more."""
    fast, slow = site.scanner(rate=70), site.scanner(rate=30)
    late = site.scanner(set_targets=1024)
    site.subnet(NET, 100)
    site.scan(*own(fast, slow, late), targets=NET, size=1)
    lease = take(site, fast)
    assert rates(site.claim(slow, limit=1)) == [30]
    assert site.claim(late) == []
    site.clock.forward(31)
    site.finish(fast, lease)

    assert rates(site.claim(late, limit=1)) == [50]


def test_no_share_is_more_than_is_left(site: Site, three: tuple[Holder, Holder, Holder]) -> None:
    """Whoever came first may have more than its share until its task ends."""
    fast, other = site.scanner(rate=70), three[0]
    site.subnet(NET, 100)
    site.scan(*own(fast, other), targets=NET, size=1)
    take(site, fast)

    assert rates(site.claim(other, limit=1)) == [30]


def test_who_began_to_wait_first_is_first(site: Site, three: tuple[Holder, Holder, Holder]) -> None:
    """However often it asks again, where there is too little for all."""
    one, first, second = three
    subnet = site.subnet(NET, 1)
    site.scan(*own(*three), targets=NET, size=1)
    lease = take(site, one)
    for holder in (first, second, first):
        assert site.claim(holder) == []
        site.clock.forward(1)
    assert waiters(site, "subnet", subnet) == ids(first, second)
    site.finish(one, lease)
    for holder in (one, second):
        assert site.claim(holder) == []

    assert rates(site.claim(first)) == [1]


def test_who_comes_where_others_wait_waits_behind_them(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Also for a scan that is ready again."""
    one, first, second = three
    scan = site.scan(*own(*three), targets=NET, size=1, rate="1")
    lease = take(site, one)
    assert site.claim(first) == []
    site.finish(one, lease)
    site.clock.forward(1)
    assert site.claim(second) == []
    assert waiters(site, "scan", scan) == ids(first, second)

    assert rates(site.claim(first)) == [1]


def test_the_long_gone_are_forgotten(site: Site, three: tuple[Holder, Holder, Holder]) -> None:
    """By the next one that waits, after 30 s."""
    one, gone, other = three
    subnet = site.subnet(NET, 1)
    site.scan(*own(*three), targets=NET, size=1)
    take(site, one)
    assert site.claim(gone) == []
    site.clock.ms += 29_999
    assert site.claim(other) == []
    assert waiters(site, "subnet", subnet) == ids(gone, other)
    site.clock.ms += 1
    assert site.claim(other) == []

    assert waiters(site, "subnet", subnet) == ids(other)


def test_the_long_gone_are_before_nobody(site: Site, three: tuple[Holder, Holder, Holder]) -> None:
    """Where there is too little for all, it is the turn of the first who is still there."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=2), site.clock)
    one, two, gone = three
    site.subnet(NET, 3)
    for holder in (one, gone):
        site.scan(*own(holder), targets="10.0.0.1")
    lease = take(site, one)
    assert site.claim(gone) == []
    site.finish(one, lease)
    site.clock.forward(31)
    site.scan(*own(one), targets="10.0.0.2", rate="1")
    site.scan(*own(two), targets="10.0.0.3")

    assert [take(site, holder).rate for holder in (one, two)] == [1, 2]


def test_one_waits_for_sixteen_limits_at_most(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """For each once, whatever number of scans wait for it."""
    one, other, _ = three
    subnets = [site.subnet(f"10.0.0.{at}/32", 1) for at in range(17)]
    site.scan(*own(one), targets="10.0.0.0-10.0.0.16", size=1)
    assert len(site.claim(one, limit=20)) == 17
    for _ in range(2):
        site.scan(*own(other), targets="10.0.0.16", size=1)
    assert site.claim(other) == []
    assert waits(site, other) == f"subnet:{subnets[16]}"
    site.scan(*own(other), targets="10.0.0.0/28", size=1)
    assert claim_once(site, other) == ["ok", "-1"]

    assert waits(site, other) == ",".join(f"subnet:{subnet}" for subnet in subnets[:16])


def test_the_first_scans_that_wait_are_waited_for(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Four of a queue, by whoever may work on them and can."""
    one, other, _ = three
    few = site.scanner(set_targets=1024, set_tasks=2, set_jobs=1)
    unable = site.scanner(set_targets=1024)
    for holder, engines in ((one, "connect,nmap"), (other, "connect"), (unable, "nmap")):
        site.heartbeat(holder, engines=engines)
    beside = site.scan(*own(few), targets=BESIDE, size=1)
    assert take(site, few).scan == beside
    site.scans.pause(site.keys, beside, reason="test")
    kinds = ["nmap", *["connect"] * 6]
    fields = {"targets": NET, "size": 1, "rate": "1"}
    scans = [site.scan(*own(one, other), engine=kind, **fields) for kind in kinds]
    last = site.scan(*own(one, few, unable), **fields)
    for scan in (*scans, last):
        assert take(site, one).scan == scan
    for holder in (*three[:2], few, unable):
        assert site.claim(holder) == []

    assert waits(site, other) == ",".join(f"scan:{scan}" for scan in scans[1:4])
    assert (waits(site, few), waits(site, unable)) == ("", "")


@pytest.mark.parametrize(("targets", "tasks", "size"), [(64, 2, 1), (4, 3, 4)])
def test_who_is_full_waits_for_nothing(
    site: Site, three: tuple[Holder, Holder, Holder], targets: int, tasks: int, size: int
) -> None:
    """Be it of tasks or of addresses."""
    one, scanner = three[0], site.scanner(set_targets=targets, set_tasks=tasks, set_jobs=2)
    subnet = site.subnet(NET, 1)
    site.scan(*own(one, scanner), targets=NET, size=1)
    take(site, one)
    assert site.claim(scanner) == []
    assert waits(site, scanner) == f"subnet:{subnet}"
    site.scan(*own(scanner), targets=BESIDE, size=size)
    leases = site.claim(scanner)
    assert sum(lease.last - lease.first for lease in leases) in {tasks, targets}

    assert (waits(site, scanner), waiters(site, "subnet", subnet)) == ("", [])


def test_who_comes_under_a_limit_that_it_waits_for_has_some(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """A limit that moves to where its task is counts it as a holder, and no longer as waiting."""
    slow = site.scanner(rate=5, set_tasks=2, set_jobs=2)
    subnet = site.subnet(NET, 7)
    site.scan(*own(three[0]), targets=NET, size=1)
    assert take(site, three[0]).rate == 7
    beside = site.scan(*own(slow), targets="10.0.1.0/24", size=1)
    take(site, slow)
    site.scans.pause(site.keys, beside, reason="test")
    site.scan(*own(slow), targets=NET, size=1)
    assert site.claim(slow) == []
    assert waiters(site, "subnet", subnet) == ids(slow)
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.0/23"})
    site.scans.resume(site.keys, beside, reason="test")
    site.recutting.recut(site.keys, beside)

    assert waiters(site, "subnet", subnet) == []


def test_a_scan_that_has_ended_is_waited_for_by_nobody(
    site: Site, three: tuple[Holder, Holder, Holder]
) -> None:
    """Nothing is left of who waited."""
    one, other, _ = three
    scan = site.scan(*own(one, other), targets="10.0.0.0/31", size=1, rate="1")
    lease = take(site, one)
    assert site.claim(other) == []
    assert waiters(site, "scan", scan) == ids(other)
    site.scans.cancel(site.keys, scan, reason="test")
    site.finish(one, lease)

    assert site.record(scan)["status"] == "canceled"
    assert waiters(site, "scan", scan) == []
