"""Parked polls as the store keeps them: who waits where, and who is called when there is work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from queues.exchange import Holder, Report, Said
from queues.keys import SiteKeys
from queues.retirement import RetirementStore
from queues.tasks import TaskStore
from queues.wakes import Park
from tests.integration.conftest import TIMING, Site
from tests.integration.parking import (
    Process,
    end,
    full,
    group_of,
    ids,
    now,
    own,
    polls,
    scanners,
    serve,
    started,
    tasks,
)


@pytest.fixture
def process(site: Site) -> Process:
    return Process(site)


def test_a_new_scan_calls_as_many_as_it_has_tasks(site: Site, process: Process) -> None:
    """Each once, and those first that were served least recently."""
    one, two, three, four = scanners(site, 4)
    group = group_of(site, one, two, three, four)
    serve(site, three, one, four, two)
    process.park(one, two, three, four)
    site.scan(group, targets="10.0.0.0-10.0.0.5", size=2)

    assert process.called() == ids(three, one, four)
    tasks(site, 9, group)
    assert process.called() == ids(two)


def test_what_a_cut_has_left_calls_as_many_as_it_is_tasks(site: Site, process: Process) -> None:
    """Of a scan that goes on."""
    one, two, three, four = scanners(site, 4)
    group = group_of(site, one, two, three, four)
    serve(site, two, three, four)
    scan = site.scan(group, targets="10.0.0.0-10.0.0.5", size=2)
    started(site, one)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(two, three, four)
    site.scans.resume(site.keys, scan, reason="test")

    assert process.called() == ids(two, three)


def test_a_scan_calls_at_all_its_queues(site: Site, process: Process) -> None:
    """And a poll is parked at its own and at those of its scanner's groups."""
    one, two, three = scanners(site, 3)
    group = group_of(site, three)
    process.park(one, two, three)
    tasks(site, 3, own(one), own(two), group)

    assert sorted(process.called()) == ids(one, two, three)
    assert polls(site, group) == polls(site, own(three)) == []


def test_one_script_calls_a_hundred_at_most(site: Site, process: Process) -> None:
    """However many tasks there are; those who are called call the next ones."""
    many = scanners(site, 105)
    queues = [own(holder) for holder in many]
    process.park(*many)
    tasks(site, 200, *queues)

    assert len(set(process.called())) == 100


def test_only_an_empty_claim_waits(site: Site, process: Process) -> None:
    """Not one that has tasks, is to ask again at once or only later, or did not say that it may."""
    one, two, three = scanners(site, 3, set_tasks=4)
    park = Park(process.name, 100_000)
    tasks(site, 3, own(one))
    claimed = site.tasks.claim(one, limit=10, park=park)
    assert (len(claimed.leases), polls(site, own(one))) == (3, [])
    for lease in claimed.leases:
        site.tasks.start(one, lease.task, None)
        end(site, one, lease, "failed")
    waits = site.tasks.claim(one, limit=1, park=park)
    assert (waits.leases, waits.wait_ms) == ([], 2000)
    for _ in range(20):
        site.scans.pause(site.keys, tasks(site, 1, own(two)), reason="test")
    who = (two.scanner, two.version, 1, "", 60_000, "", 60, 1000, 1, 100_000, process.name)
    assert site.tasks.scripts.run("claim", site.keys, *who) == ["ok", "-1"]
    assert site.claim(three) == []

    assert [polls(site, own(holder)) for holder in (one, two, three)] == [[], [], []]


def drained(site: Site, holder: Holder) -> None:
    site.scanners.save(site.keys, holder.scanner, {"drain": 1})


def retired(site: Site, holder: Holder) -> None:
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", holder.scanner)


def of_another_engine(site: Site, holder: Holder) -> None:
    site.heartbeat(now(site, holder), engines="nmap")


@pytest.mark.parametrize("becomes", [drained, retired, of_another_engine, full])
def test_who_may_not_have_it_is_passed_over(
    site: Site, process: Process, becomes: Callable[[Site, Holder], None]
) -> None:
    """And the next one called in its place."""
    one, two = scanners(site, set_tasks=1)
    group = group_of(site, one, two)
    becomes(site, one)
    serve(site, two)
    process.park(one, two)
    tasks(site, 1, group)

    assert process.called() == ids(two)


def test_who_has_failed_too_often_is_passed_over(site: Site, process: Process) -> None:
    """What it gives back with its third failure is for another one; it has capacity, and waits."""
    one, two = scanners(site, set_tasks=4)
    group = group_of(site, one, two)
    tasks(site, 3, group, retry_failed="1")
    leases = [started(site, one) for _ in range(3)]
    for lease in leases[:2]:
        end(site, one, lease, "failed")
    site.clock.forward(1)
    for _ in range(2):
        started(site, two)
    process.park(one, two)
    process.called()
    end(site, one, leases[2], "failed")

    assert sorted(process.called()) == ids(one, two)


def test_who_has_failed_may_have_what_another_leaves_of_it(site: Site, process: Process) -> None:
    """What came back is kept for others, but not the part that is cut off it."""
    (one,), (two,) = scanners(site, 1, set_tasks=2), scanners(site, 1, set_tasks=2, set_targets=2)
    group = group_of(site, one, two)
    site.scan(group, targets="10.0.0.0/30", size=4, retry_failed="1")
    end(site, one, started(site, one), "failed")
    process.park(one)
    part = started(site, two)

    assert (part.first, part.last) == (0, 2)
    assert process.called() == ids(one)


def test_a_poll_waits_as_long_as_it_said(site: Site, process: Process) -> None:
    """Then it is not called, and forgotten."""
    one, two = scanners(site)
    group = group_of(site, one, two)
    process.park(one, seconds=10)
    process.park(two)
    site.clock.forward(11)
    tasks(site, 1, group)

    assert process.called() == ids(two)
    assert polls(site, group) == polls(site, own(one)) == []


def test_a_poll_is_called_once(site: Site, process: Process) -> None:
    """Until it has asked again; then of what concerns its scanner, too."""
    (one,) = scanners(site, 1)
    process.park(one)
    tasks(site, 1, own(one))
    assert process.called() == ids(one)
    tasks(site, 1, own(one))
    site.scanners.save(site.keys, one.scanner, {"rate": 5})

    assert process.called() == []


def test_the_process_is_told_the_site(client: Any) -> None:
    """Scanners of two sites may have the same id."""
    north = Site(client, keys=SiteKeys("north"))
    process, (one,) = Process(north), scanners(north, 1)
    process.park(one)
    tasks(north, 1, own(one))

    assert process.messages() == [f"north:{one.scanner}"]


def test_the_last_poll_of_a_scanner_counts(site: Site, process: Process) -> None:
    """It is called in its process, and stays when the one before goes."""
    other, (one,) = Process(site, "other"), scanners(site, 1)
    process.park(one)
    other.park(one)
    site.tasks.unpark(site.keys, one.scanner, process.name, handed_on=False)
    tasks(site, 1, own(one))

    assert (process.called(), other.called()) == ([], ids(one))


def test_who_goes_waits_nowhere(site: Site, process: Process) -> None:
    """Neither at its queues, nor where its scanner is changed."""
    (one,) = scanners(site, 1)
    group = group_of(site, one)
    process.park(one)
    site.tasks.unpark(site.keys, one.scanner, process.name, handed_on=False)
    site.scanners.save(site.keys, one.scanner, {"rate": 5})

    assert process.called() == []
    assert polls(site, group) == polls(site, own(one)) == []


def test_who_has_left_a_group_is_not_called_there(site: Site, process: Process) -> None:
    """The others are, and it is found there no more."""
    one, two = scanners(site)
    group = site.group(one, two)
    process.park(one, two)
    site.groups.save(site.keys, group, name="g", cap=10, members=[two.scanner])
    assert process.called() == ids(one)
    tasks(site, 1, f"g{group}")

    assert process.called() == ids(two)
    assert polls(site, f"g{group}") == []


def test_what_was_in_vain_is_handed_on(site: Site, process: Process) -> None:
    """To the next that waits at one of its queues, for what is new or goes on."""
    one, two, three = scanners(site, 3)
    group = group_of(site, one, two, three)
    serve(site, one, two, three)
    process.park(one, two, three)

    def handed_on_by(holder: Holder, *, handed_on: bool = True) -> list[int]:
        site.tasks.unpark(site.keys, holder.scanner, process.name, handed_on=handed_on)
        return process.called()

    scan = tasks(site, 2, group)
    assert process.called() == ids(one, two)
    assert handed_on_by(one, handed_on=False) == []
    assert handed_on_by(one) == ids(three)
    (lease,) = site.claim(now(site, two), limit=1)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(three, one)
    site.scans.resume(site.keys, scan, reason="test")
    assert process.called() == ids(one)
    assert (lease.scan, handed_on_by(one)) == (scan, ids(three))


def test_only_what_is_in_reach_calls(site: Site, process: Process) -> None:
    """As many scans as the queue has room for, paused ones not counted; each calls once."""
    many = scanners(site, 4)
    group = group_of(site, *many, cap=2)
    serve(site, *many)
    process.park(*many)
    first = tasks(site, 1, group)
    assert process.called() == ids(many[0])
    second = tasks(site, 1, group)
    assert process.called() == ids(many[1])
    third = tasks(site, 1, group)
    assert process.called() == []
    for scan in (third, second, first):
        site.scans.pause(site.keys, scan, reason="test")
    tasks(site, 1, group)

    assert process.called() == ids(many[2])


def behind_a_spent_budget(site: Site, process: Process, rate: str) -> tuple[Holder, str]:
    """Who wants more of a budget that was spent while it waited, and its queue: it is full."""
    wants, other = scanners(site, 2, set_tasks=3, set_jobs=3)
    group = group_of(site, wants, cap=1)
    site.scan(group, own(other), size=1, rate=rate)
    held = site.claim(wants, limit=2)
    assert site.claim(other) == []
    site.finish(wants, held[-1])
    process.park(wants)
    assert site.claim(other, limit=1)
    assert process.called() == []
    return wants, group


@pytest.mark.parametrize(("rate", "least"), [("6", 1), ("7", 2)])
def test_what_comes_behind_a_spent_budget_calls(
    site: Site, process: Process, rate: str, least: int
) -> None:
    """Whoever wants more of it: its claim finds it spent, which makes room. Others as ever."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=least), site.clock)
    wants, group = behind_a_spent_budget(site, process, rate)
    (idle,) = scanners(site, 1)
    process.park(idle)
    scan = tasks(site, 1, group, own(idle))

    assert process.called() == ids(idle, wants)
    assert [lease.scan for lease in site.claim(now(site, wants))] == [scan]


def test_who_parked_by_an_older_version_is_called_too(site: Site, process: Process) -> None:
    """It has not noted how little is granted at least; versions serve side by side."""
    wants, group = behind_a_spent_budget(site, process, "6")
    site.client.hdel(site.keys.of("scanner", wants.scanner), "least")
    tasks(site, 1, group)

    assert process.called() == ids(wants)


def test_what_comes_behind_another_s_turn_calls_nobody(site: Site, process: Process) -> None:
    """A budget that is smaller than the least rate is not spent when all of it is free."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=3), site.clock)
    wants, other = scanners(site, 2, set_tasks=3, set_jobs=3)
    group = group_of(site, wants, cap=1)
    site.scan(group, own(other), size=1, rate="2")
    (held,) = site.claim(wants, limit=1)
    assert site.claim(other) == []
    site.finish(wants, held)
    process.park(wants)
    tasks(site, 1, group)

    assert process.called() == []


def test_a_scan_that_comes_in_reach_calls(site: Site, process: Process) -> None:
    """When one before it has nothing more, or the job capacity grows; those before it do not."""
    able, *others = scanners(site, 4)
    group = site.group(able, *others, cap=2)
    queue = f"g{group}"
    serve(site, *others)
    for holder in others:
        site.heartbeat(now(site, holder), engines="connect")
    gone = tasks(site, 2, queue, engine="nmap")
    started(site, able)
    process.park(*others)
    tasks(site, 1, queue)
    assert process.called() == ids(others[0])
    tasks(site, 1, queue)
    assert process.called() == []
    site.scans.cancel(site.keys, gone, reason="test")
    assert process.called() == ids(others[1])
    tasks(site, 1, queue)
    assert process.called() == []
    site.groups.save(site.keys, group, name=None, cap=3, members=None)

    assert process.called() == ids(others[2])


def test_what_comes_back_calls(site: Site, process: Process) -> None:
    """A slice that is released or lost, and a scan that is resumed."""
    one, two = scanners(site, set_tasks=1)
    group = group_of(site, one, two)
    scan = tasks(site, 1, group)
    lease = started(site, one)
    process.park(two)
    site.tasks.release(now(site, one), lease.task, None, done=0)
    assert process.called() == ids(two)
    started(site, one)
    process.park(two, seconds=300)
    site.pass_time(90)
    assert process.called() == []
    site.pass_time(50)
    assert process.called() == ids(two)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(two)
    site.scans.resume(site.keys, scan, reason="test")

    assert process.called() == ids(two)


def test_room_for_its_own_is_told(site: Site, process: Process) -> None:
    """A scanner that has ended a task, or may have more of them, more scans, another engine."""
    (one,) = scanners(site, 1, set_tasks=1, set_jobs=1)
    site.heartbeat(one, engines="connect")
    tasks(site, 1, own(one))
    lease = started(site, one)
    process.park(one)
    end(site, one, lease)
    assert process.called() == ids(one)
    full(site, one)
    tasks(site, 1, own(one))
    process.park(one)
    site.scanners.save(site.keys, one.scanner, {"set_tasks": 9})
    assert process.called() == ids(one)
    process.park(one)
    site.scanners.save(site.keys, one.scanner, {"set_jobs": 2})
    assert process.called() == ids(one)
    started(site, one)
    process.park(one)
    site.heartbeat(now(site, one), engines="connect,nmap")

    assert process.called() == ids(one)


def test_a_limit_that_is_raised_calls(site: Site, process: Process) -> None:
    """Those who wait for some of it; and so does one that is deleted."""
    one, two = scanners(site, set_tasks=4)
    subnet = site.subnet("10.0.0.0/8", 1)
    site.scan(own(one), own(two), size=1)
    started(site, one)
    process.park(two)
    site.rules.store.save(site.keys, "subnet", subnet, {"rate": 2})
    assert process.called() == ids(two)
    started(site, two)
    process.park(two)
    site.rules.store.delete(site.keys, "subnet", subnet)

    assert process.called() == ids(two)


@pytest.mark.parametrize("status", ["running", "pending"])
def test_a_rule_that_makes_room_calls(site: Site, process: Process, status: str) -> None:
    """A scope that leaves nothing of the scan in front calls who waits for what is behind."""
    one, two = scanners(site, set_tasks=4, set_jobs=1)
    before = site.scan(own(one), targets="10.0.0.0/24", size=1)
    site.scans.pause(site.keys, before, reason="test")
    site.scan(own(one), own(two), targets="10.1.0.0/24", size=1)
    lease = site.claim(one, limit=1)[0]
    if status == "running":
        site.tasks.start(one, lease.task, lease.attempt)
    site.scans.resume(site.keys, before, reason="test")
    process.park(one)
    site.rules.store.save(site.keys, "scope", None, {"cidr": "10.1.0.0/16"})

    assert process.called() == ids(one)


@pytest.mark.parametrize("kind", ["scan", "subnet"])
def test_a_rule_calls_one_for_each_scan_that_waits_for_a_budget(
    site: Site, process: Process, kind: str
) -> None:
    """Whoever looks at it cuts it anew, and what is there then calls the others."""
    one, *rest = scanners(site, 5, set_tasks=4)
    if kind == "subnet":
        site.subnet("10.0.0.0/8", 1)
    queues = [own(holder) for holder in (one, *rest)]
    site.scan(*queues, size=1, rate="1" if kind == "scan" else "")
    started(site, one)
    process.park(*rest)
    process.called()
    site.rules.store.save(site.keys, "exclusion", None, {"cidr": "192.0.2.0/24"})

    assert process.called() == ids(rest[0])


SHARED: dict[str, dict[str, str]] = {"scan": {"rate": "2"}, "subnet": {}}


@pytest.mark.parametrize("kind", SHARED)
def test_a_share_that_comes_free_calls(site: Site, process: Process, kind: str) -> None:
    """The first four of those who wait for their turn, who cannot have some before others had."""
    one, first, *rest = scanners(site, 7, set_tasks=4)
    if kind == "subnet":
        site.subnet("10.0.0.0/8", 2)
    queues = [own(holder) for holder in (one, first, *rest)]
    site.scan(*queues, size=1, **SHARED[kind])
    leases = site.claim(now(site, one), limit=2)
    for lease in leases:
        site.tasks.start(now(site, one), lease.task, None)
    process.park(first)
    end(site, one, leases[0])
    assert process.called() == ids(first)
    for holder in rest:
        site.clock.forward(1)
        process.park(holder)
    end(site, one, leases[1])

    assert process.called() == ids(*rest[:3])


def test_what_a_sync_gives_back_calls_once(site: Site, process: Process) -> None:
    """As many as there are tasks left, when it has what it wants."""
    one, two, three, four = scanners(site, 4, set_tasks=2)
    group = group_of(site, one, two, three, four)
    serve(site, two, three, four)
    tasks(site, 2, group)
    leases = [started(site, one) for _ in range(2)]
    process.park(two, three, four)
    said = [Said(lease.task, lease.attempt, "released") for lease in leases]
    again = site.tasks.sync(now(site, one), 1, "", Report(), said).leases

    assert [lease.task for lease in again] == [leases[1].task]
    assert process.called() == ids(two)


def test_a_queue_that_goes_takes_its_polls_along(site: Site, process: Process) -> None:
    """Of a group, and of a scanner."""
    one, two = scanners(site)
    group = site.group(one, two)
    process.park(one, two)
    retirement = RetirementStore(site.client, site.clock)
    for kind, item in (("group", group), ("scanner", one.scanner)):
        retirement.retire(site.keys, kind, item)
        retirement.delete(site.keys, kind, item)

    assert site.client.keys(f"*:g{group}:*") == site.client.keys(f"*:{own(one)}:*") == []


def test_a_process_learns_which_calls_it_may_have_missed(site: Site, process: Process) -> None:
    """Those of scanners that are not listed for it any more; nothing is changed by asking."""
    first, second = scanners(site)
    process.park(first, second)
    scan = tasks(site, 1, own(first))
    site.scans.pause(site.keys, scan, reason="test")
    asked = [site.tasks.missed(site.keys, ids(first, second), process.name) for _ in range(2)]

    assert asked == [ids(first), ids(first)]
    assert site.tasks.missed(site.keys, ids(first, second), "theirs") == ids(first, second)


def test_where_leases_ran_out_one_poll_is_to_sweep(site: Site, process: Process) -> None:
    """Nobody is called for what no sweep has taken back yet, and every claim sweeps."""
    holder, *idle = scanners(site, 3)
    scan = tasks(site, 1, own(holder))
    site.claim(holder)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(*idle, seconds=1000)
    before = site.tasks.missed(site.keys, ids(*idle), process.name)
    site.clock.forward(100)

    assert (before, site.tasks.missed(site.keys, ids(*idle), process.name)) == ([], ids(*idle)[:1])


def test_while_a_scan_is_on_every_poll_looks_again(site: Site, process: Process) -> None:
    """Calls go to the first of those that wait, however many they are; none is forgotten."""
    one, two = scanners(site)
    process.park(one, two)
    before = site.tasks.missed(site.keys, ids(one, two), process.name)
    tasks(site, 1, own(one), engine="nmap")

    assert before == []
    assert site.tasks.missed(site.keys, ids(one, two), process.name) == ids(one, two)


def test_polls_that_are_over_hide_nobody(site: Site, process: Process) -> None:
    """More than are looked at, of scanners that do not come back."""
    *gone, live = scanners(site, 121)
    group = group_of(site, *gone, live)
    process.park(*gone, seconds=30)
    site.clock.forward(31)
    process.park(live)
    tasks(site, 1, group)

    assert process.called() == ids(live)
    tasks(site, 1, group)
    assert not site.client.exists(site.keys.of("polls"))


def test_a_subnet_that_has_room_calls_as_many_as_come_back(site: Site, process: Process) -> None:
    """However many wait for it: one claim brings 16 intervals back at most."""
    many = scanners(site, 40, set_tasks=2)
    group = group_of(site, *many)
    site.subnet("10.0.0.0/24", 1)
    for _ in range(3):
        tasks(site, 30, group)
    lease = started(site, many[0])
    process.park(*many[1:])
    process.called()
    end(site, many[0], lease)

    assert 0 < len(process.called()) <= 22  # and the first four whose turn it is
