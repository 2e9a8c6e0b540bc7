"""No wake-up of a parked poll is lost: whoever could have what is there now is called for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from queues.exchange import Holder
from queues.retirement import RetirementStore
from queues.tasks import TaskStore
from tests.integration.conftest import TIMING, Site
from tests.integration.parking import (
    Process,
    end,
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


def test_who_left_a_group_takes_no_call_of_it(site: Site, process: Process) -> None:
    """Though it was parked when it left, and has parked again."""
    one, two = scanners(site)
    group = site.group(one, two)
    process.park(one)
    site.groups.save(site.keys, group, name="g", cap=10, members=[two.scanner])
    assert process.called() == ids(one)
    serve(site, two)
    process.park(one, two)
    tasks(site, 1, f"g{group}")

    assert process.called() == ids(two)


def test_who_stays_in_a_group_stays_parked_there(site: Site, process: Process) -> None:
    """Also where the group's members are said again."""
    (one,) = scanners(site, 1)
    group = site.group(one)
    process.park(one)
    site.groups.save(site.keys, group, name="g", cap=10, members=ids(one))
    tasks(site, 1, f"g{group}")

    assert process.called() == ids(one)


FULL = {
    "tasks": ({"set_tasks": 2, "set_jobs": 2}, {"targets": "10.0.0.0/31", "size": 1}),
    "targets": ({"set_targets": 8, "set_tasks": 2}, {"targets": "10.0.0.0/29", "size": 8}),
    "scans": ({"set_tasks": 2, "set_jobs": 1}, {"targets": "10.0.0.1", "size": 1}),
}


@pytest.mark.parametrize("of", FULL)
def test_who_is_full_takes_no_call(site: Site, process: Process, of: str) -> None:
    """Neither who has as many tasks or targets as it may, nor who works for as many scans."""
    capacities, spec = FULL[of]
    one, two = scanners(site, 2, **capacities)  # type: ignore[arg-type] # ints
    group = group_of(site, one, two)
    site.scan(own(one), **spec)  # type: ignore[arg-type] # texts
    assert site.claim(now(site, one))
    serve(site, two)
    process.park(one, two)
    tasks(site, 1, group)

    assert process.called() == ids(two)


def test_who_may_have_no_other_scan_is_called_for_its_own(site: Site, process: Process) -> None:
    """A slice of it that another one gives back is for both."""
    one, two = scanners(site, 2, set_tasks=2, set_jobs=1)
    group = group_of(site, one, two)
    tasks(site, 2, group)
    started(site, one)
    lease = started(site, two)
    process.park(one)
    site.tasks.release(now(site, two), lease.task, None, done=0)

    assert process.called() == ids(one)


def test_who_waits_at_a_retired_queue_only_takes_no_call(site: Site, process: Process) -> None:
    """What comes back is for those of the scan's other queues."""
    one, two, three = scanners(site, 3)
    gone, other = group_of(site, one), group_of(site, two, three)
    serve(site, three)
    tasks(site, 1, gone, other)
    lease = started(site, two)
    site.claim(now(site, one))  # it finds nothing, and the scan has had its turn there
    RetirementStore(site.client, site.clock).scripts.run("retire_queue", site.keys, gone, "1")
    process.park(one, three)
    site.tasks.release(now(site, two), lease.task, None, done=0)

    assert process.called() == ids(three)


def test_a_queue_that_is_kept_calls(site: Site, process: Process) -> None:
    """Its deletion was begun and taken back: what it has may be had again."""
    (one,) = scanners(site, 1)
    group = group_of(site, one)
    scripts = RetirementStore(site.client, site.clock).scripts
    tasks(site, 1, group)
    scripts.run("retire_queue", site.keys, group, "1")
    process.park(one)
    scripts.run("retire_queue", site.keys, group, "0")

    assert process.called() == ids(one)


def test_a_scanner_that_is_deleted_is_told(site: Site, process: Process) -> None:
    """Its poll ends, and nothing of it is left."""
    (one,) = scanners(site, 1)
    retirement = RetirementStore(site.client, site.clock)
    retirement.retire(site.keys, "scanner", one.scanner)
    process.park(one)
    retirement.delete(site.keys, "scanner", one.scanner)

    assert process.called() == ids(one)
    assert site.client.keys("*:polls") == []


def test_a_scan_that_is_resumed_before_its_turn_calls(site: Site, process: Process) -> None:
    """There was room for it while it was paused."""
    able, other = scanners(site)
    group = group_of(site, able, other, cap=1)
    site.heartbeat(now(site, other), engines="connect")
    tasks(site, 2, group, engine="nmap")
    scan = tasks(site, 1, group)
    started(site, able)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(other)
    started(site, able)
    assert process.called() == []
    site.scans.resume(site.keys, scan, reason="test")

    assert process.called() == ids(other)


def test_a_scan_that_is_paused_before_its_turn_makes_room(site: Site, process: Process) -> None:
    """Whoever was called for it cannot do the next one, and whoever can is called for that."""
    able, other = scanners(site)
    group = group_of(site, able, other, cap=1)
    site.heartbeat(now(site, other), engines="connect")
    process.park(able, other)
    first, _ = tasks(site, 1, group, engine="nmap"), tasks(site, 1, group)
    assert process.called() == ids(able)
    site.scans.pause(site.keys, first, reason="test")

    assert process.called() == ids(other)


def test_what_nobody_can_do_takes_no_room(site: Site, process: Process) -> None:
    """A scan without a scanner for its engine does not hold up the one behind it."""
    (one,) = scanners(site, 1)
    group = group_of(site, one, cap=1)
    site.heartbeat(now(site, one), engines="connect")
    process.park(one)
    process.called()
    tasks(site, 1, group, engine="nmap")
    assert process.called() == []
    tasks(site, 1, group)

    assert process.called() == ids(one)


def test_what_nobody_can_do_any_more_makes_room(site: Site, process: Process) -> None:
    """The last scanner with its engine has gone, and the scan behind it comes in reach."""
    able, other = scanners(site)
    group = group_of(site, able, other, cap=1)
    site.heartbeat(now(site, able), engines="nmap")
    site.heartbeat(now(site, other), engines="connect")
    tasks(site, 2, group, engine="nmap")
    started(site, able)
    tasks(site, 1, group)
    process.park(other)
    site.scanners.save(site.keys, able.scanner, {"drain": 1})

    assert process.called() == ids(other)


def test_a_slice_that_comes_back_beside_others_calls(site: Site, process: Process) -> None:
    """Those others are kept for somebody else; it is not."""
    one, two = scanners(site, set_tasks=2)
    group = group_of(site, one, two)
    tasks(site, 2, group, retry_failed="1")
    first, second = started(site, one), started(site, two)
    end(site, two, second, "failed")
    process.park(two)
    process.called()
    site.tasks.release(now(site, one), first.task, None, done=0)

    assert process.called() == ids(two)


def test_a_slice_calls_where_its_scan_has_not_had_its_turn(site: Site, process: Process) -> None:
    """All of it was in flight from another queue when there was room for it here."""
    one, able, other = scanners(site, 3)
    group = group_of(site, able, other, cap=1)
    site.heartbeat(now(site, other), engines="connect")
    tasks(site, 2, group, engine="nmap")
    tasks(site, 1, own(one), group)
    lease = started(site, one)
    started(site, able)
    process.park(other)
    started(site, able)
    assert process.called() == []
    site.tasks.release(now(site, one), lease.task, None, done=0)

    assert process.called() == ids(other)


def test_a_slice_calls_those_who_can_do_it(site: Site, process: Process) -> None:
    """It comes back where nobody has its engine any more, and others have it in reach."""
    one, able, other = scanners(site, 3)
    group = group_of(site, able, other, cap=1)
    site.heartbeat(now(site, other), engines="connect")
    tasks(site, 2, group, engine="nmap")
    tasks(site, 1, own(one), group)
    lease = started(site, one)
    site.heartbeat(now(site, one), engines="nmap")
    started(site, able)
    process.park(other)
    started(site, able)
    assert process.called() == []
    site.tasks.release(now(site, one), lease.task, None, done=0)

    assert process.called() == ids(other)


def test_the_first_poll_of_who_was_offline_waits(site: Site, process: Process) -> None:
    """That it is online now is no work for it."""
    one = site.scanner()
    process.park(one)

    assert (process.called(), polls(site, own(one))) == ([], [str(one.scanner)])


def test_what_a_claim_finds_is_for_polls_before_it(site: Site, process: Process) -> None:
    """It forgets one that waited for a share, and calls the next: itself, where it was parked."""
    before, (one, gone, two) = Process(site, "before"), scanners(site, 3)
    site.scan(own(one), own(gone), own(two), size=1, rate="1")
    started(site, one)
    site.claim(gone)
    site.clock.forward(20)
    before.park(two, seconds=300)
    site.clock.forward(20)
    process.park(two)

    assert (before.called(), process.called()) == (ids(two), [])
    assert polls(site, own(two)) == [str(two.scanner)]


def test_slices_are_counted_one_by_one(site: Site, process: Process) -> None:
    """What is left of two tasks is two tasks, though it would fit into one."""
    one, *others = scanners(site, 4)
    group = group_of(site, one, *others)
    scan = site.scan(group, targets="10.0.0.0/30", size=2)
    leases = [started(site, one), started(site, one)]
    site.scans.pause(site.keys, scan, reason="test")
    for lease in leases:
        site.tasks.release(now(site, one), lease.task, None, done=1)
    process.park(*others)
    site.scans.resume(site.keys, scan, reason="test")

    assert len(process.called()) == 2


def test_what_is_paused_meanwhile_calls_nobody(site: Site, process: Process) -> None:
    """A slice comes back to a scan of which nothing is handed out."""
    one, two = scanners(site, set_tasks=2)
    group = group_of(site, one, two)
    scan = tasks(site, 3, group)
    lease = started(site, one)
    site.scans.pause(site.keys, scan, reason="test")
    process.park(two)
    site.tasks.release(now(site, one), lease.task, None, done=0)

    assert process.called() == []


def test_two_places_that_come_free_at_once_are_two(site: Site, process: Process) -> None:
    """One claim takes the last of two scans, and the next two come in reach."""
    able, *others = scanners(site, 3)
    group = group_of(site, able, *others, cap=2)
    for other in others:
        site.heartbeat(now(site, other), engines="connect")
    for engine in ("nmap", "nmap", "connect", "connect"):
        tasks(site, 1, group, engine=engine)
    process.park(*others)
    assert len(site.claim(now(site, able), limit=2)) == 2

    assert sorted(process.called()) == ids(*others)


def test_whose_record_has_changed_is_told(site: Site, process: Process) -> None:
    """Its claim is judged by the record as it is now."""
    (one,) = scanners(site, 1)
    process.park(one)
    site.scanners.save(site.keys, one.scanner, {"rate": 5})

    assert process.called() == ids(one)


def test_targets_that_a_scanner_may_have_more_are_told(site: Site, process: Process) -> None:
    """Its machine has more memory; its task capacity is what was set."""
    (one,) = scanners(site, 1, set_tasks=2)
    site.heartbeat(now(site, one), cpus="1", memory=str(2 * 2**21))
    site.scan(own(one), targets="10.0.0.0/30", size=2)
    started(site, one)
    process.park(one)
    process.called()
    site.heartbeat(now(site, one), cpus="1", memory=str(8 * 2**21))

    assert process.called() == ids(one)


def test_all_that_waits_for_a_subnet_calls(site: Site, process: Process) -> None:
    """Whichever scan can have what came free: a scanner may be there for the last one only."""
    one, *others = scanners(site, 7)
    site.subnet("10.0.0.0/8", 1)
    tasks(site, 1, own(one))
    lease = started(site, one)
    for other in others:
        tasks(site, 1, own(other))
    process.park(*others)
    end(site, one, lease)

    assert sorted(process.called()) == ids(*others)


def test_each_slice_that_waits_for_a_subnet_counts(site: Site, process: Process) -> None:
    """More of them than those who are next in turn."""
    one, *others = scanners(site, 6)
    group = group_of(site, *others)
    site.subnet("10.0.0.0/8", 1)
    tasks(site, 1, own(one))
    lease = started(site, one)
    site.scan(group, targets="10.0.0.0-10.0.0.9", size=2)
    process.park(*others)
    end(site, one, lease)

    assert sorted(process.called()) == ids(*others)


def test_what_waits_for_a_subnet_calls_nobody_else(site: Site, process: Process) -> None:
    """A claim finds its budget spent; one was called for it before."""
    one, other, *rest = scanners(site, 4)
    group = group_of(site, *rest)
    site.subnet("10.0.0.0/8", 1)
    tasks(site, 1, own(one))
    started(site, one)
    process.park(*rest)
    tasks(site, 1, own(other), group)
    assert len(process.called()) == 1
    assert site.claim(other) == []

    assert process.called() == []


SHARED: dict[str, dict[str, str]] = {"scan": {"rate": "2"}, "subnet": {}}


def out_of_turn(site: Site, process: Process, first: Holder, *others: Holder, **spec: str) -> None:
    """Half of a budget of 2 is free; the first was called for it, and one of the others waits."""
    (one,) = scanners(site, 1, set_tasks=2)
    site.scan(own(one), own(first), *map(own, others), size=1, **spec)
    leases = site.claim(now(site, one), limit=2)
    site.tasks.start(now(site, one), leases[0].task, None)
    process.park(first)
    end(site, one, leases[0])
    assert process.called() == ids(first)
    site.clock.forward(1)
    process.park(others[0])
    assert process.called() == []


@pytest.mark.parametrize("kind", SHARED)
def test_who_gives_up_its_turn_calls_the_next(site: Site, process: Process, kind: str) -> None:
    """It has found something else."""
    first, second = scanners(site, set_tasks=2, set_jobs=2)
    if kind == "subnet":
        site.subnet("10.0.0.0/8", 2)
    earlier = site.scan(own(first), targets="192.168.0.1", size=1)
    site.scans.pause(site.keys, earlier, reason="test")
    out_of_turn(site, process, first, second, **SHARED[kind])
    site.scans.resume(site.keys, earlier, reason="test")
    (lease,) = site.claim(now(site, first), limit=1)

    assert lease.scan == earlier
    assert process.called() == ids(second)


@pytest.mark.parametrize("kind", SHARED)
def test_what_is_spent_makes_room_for_what_is_behind(
    site: Site, process: Process, kind: str
) -> None:
    """Who waits for a share of it may have the scan after that in its queue, and only then."""
    first, second, third = scanners(site, 3, set_tasks=4)
    if kind == "subnet":
        site.subnet("10.0.0.0/8", 2)
    out_of_turn(site, process, first, second, third, **SHARED[kind])
    process.park(third)
    site.scan(own(second), targets="192.168.0.1", size=1)
    assert process.called() == []
    assert site.claim(now(site, first), limit=1)

    assert process.called() == ids(second)


def test_a_turn_that_took_less_leaves_some(site: Site, process: Process) -> None:
    """A slow scanner is granted less than the least that was kept for it."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=2), site.clock)
    site.subnet("10.0.0.0/8", 5)
    one, first, second = (scanners(site, 1, set_tasks=4, rate=rate)[0] for rate in (2, 1, 9))
    site.scan(own(one), own(first), own(second), size=1)
    leases = [started(site, one), started(site, one)]
    process.park(first)
    end(site, one, leases[0])
    assert process.called() == ids(first)
    process.park(second)
    assert process.called() == []
    assert [lease.rate for lease in site.claim(now(site, first), limit=1)] == [1]

    assert process.called() == ids(second)


def test_a_turn_that_took_its_part_leaves_the_others_theirs(site: Site, process: Process) -> None:
    """Nobody may have what nobody could have before."""
    site.tasks = TaskStore(site.client, lambda _: replace(TIMING, least_rate=2), site.clock)
    site.subnet("10.0.0.0/8", 7)
    one, *others = scanners(site, 4, set_tasks=4, rate=2)
    site.scan(own(one), *map(own, others), size=1)
    leases = [started(site, one) for _ in range(3)]
    process.park(*others)
    for lease in leases[:2]:
        end(site, one, lease)
        assert others[2].scanner in process.called()
        process.park(others[2])
    assert [lease.rate for lease in site.claim(now(site, others[0]), limit=1)] == [2]

    assert process.called() == []


@pytest.mark.parametrize("more", [True, False])
def test_a_scan_that_fell_out_of_the_window_calls_when_it_is_back(
    site: Site, process: Process, *, more: bool
) -> None:
    """Its holder may have no other scan, and one before it had come back for a while."""
    one, two = scanners(site, set_tasks=2, set_jobs=1)
    group = group_of(site, one, two)
    earlier = tasks(site, 1, group)
    site.scans.pause(site.keys, earlier, reason="test")
    tasks(site, 3 if more else 1, group)
    started(site, one)
    site.scans.resume(site.keys, earlier, reason="test")
    process.park(one)
    assert started(site, two).scan == earlier

    assert process.called() == (ids(one) if more else [])


def test_a_scan_that_waited_for_a_subnet_calls_when_it_is_resumed(
    site: Site, process: Process
) -> None:
    """What it waits for came free while it was paused, and the next claim is to see that."""
    one, two = scanners(site)
    site.subnet("10.0.0.0/8", 1)
    tasks(site, 1, own(one))
    lease = started(site, one)
    scan = tasks(site, 1, own(two))
    assert site.claim(two) == []
    site.scans.pause(site.keys, scan, reason="test")
    process.park(two)
    end(site, one, lease)
    assert process.called() == []
    site.scans.resume(site.keys, scan, reason="test")

    assert process.called() == ids(two)


def raised(site: Site, subnet: int) -> None:
    site.rules.store.save(site.keys, "subnet", subnet, {"rate": 4})


def moved(site: Site, subnet: int) -> None:
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "192.168.0.0/16"})


def deleted(site: Site, subnet: int) -> None:
    site.rules.store.delete(site.keys, "subnet", subnet)


CHANGES = [raised, moved, deleted]


@pytest.mark.parametrize("change", CHANGES)
def test_a_subnet_that_changes_calls(
    site: Site, process: Process, change: Callable[[Site, int], None]
) -> None:
    """Those that wait for all that another one has of it."""
    one, two = scanners(site, set_tasks=4)
    subnet = site.subnet("10.0.0.0/8", 1)
    site.scan(own(one), own(two), size=1)
    started(site, one)
    process.park(two)
    change(site, subnet)

    assert process.called() == ids(two)


@pytest.mark.parametrize("change", CHANGES)
def test_a_subnet_that_changes_calls_those_out_of_turn(
    site: Site, process: Process, change: Callable[[Site, int], None]
) -> None:
    """Those that wait for a share of it, while others may have some."""
    first, second = scanners(site, set_tasks=4)
    subnet = site.subnet("10.0.0.0/8", 2)
    out_of_turn(site, process, first, second)
    change(site, subnet)

    assert process.called() == ids(second)


def test_who_holds_some_is_called_for_more(site: Site, process: Process) -> None:
    """It has its share, and that grows when another scanner wants nothing any more."""
    one, two = scanners(site, set_tasks=4, rate=1)
    tasks(site, 9, own(one), own(two), rate="4")
    site.claim(now(site, one), limit=2)
    lease = started(site, two)
    process.park(one)
    assert process.called() == []
    end(site, two, lease)

    assert process.called() == ids(one)


def test_rules_that_change_keep_the_turns(site: Site, process: Process) -> None:
    """A claim that finds its scan to be cut anew has not given up what it waits for."""
    first, second, third = scanners(site, 3, set_tasks=4)
    subnet = site.subnet("10.0.0.0/8", 2)
    out_of_turn(site, process, first, second, third)
    site.clock.forward(1)
    assert site.claim(now(site, third)) == []
    site.rules.store.save(site.keys, "exclusion", None, {"cidr": "10.0.0.255/32"})
    site.clock.forward(1)
    assert site.claim(now(site, second)) == []

    turns = site.client.zrange(site.keys.of("subnet", subnet, "turns"), 0, -1)
    assert [int(scanner) for scanner in turns] == ids(first, second, third)


def test_who_holds_some_and_wants_no_more_is_left_alone(site: Site, process: Process) -> None:
    """Nothing of the scan is left to be handed out."""
    one, two = scanners(site, set_tasks=4, rate=1)
    tasks(site, 2, own(one), own(two), rate="4")
    started(site, one)
    lease = started(site, two)
    process.park(one)
    end(site, two, lease)

    assert process.called() == []
