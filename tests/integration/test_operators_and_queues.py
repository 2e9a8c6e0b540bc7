"""What operators do while work is out: pause, cancel, delete, change; and why a scan waits."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, InvalidTransition, NotFound
from queues.audit import Audit
from queues.exchange import Holder, Report
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


def own(holder: Holder) -> str:
    return f"s{holder.scanner}"


def why(site: Site, scan: int) -> str:
    return site.scans.explain(site.keys, scan)[0]


def pause(site: Site, scan: int) -> None:
    site.scans.pause(site.keys, scan, reason="test")


def resume(site: Site, scan: int) -> None:
    site.scans.resume(site.keys, scan, reason="test")


def test_paused_keeps_its_place(site: Site) -> None:
    """A paused scan makes room, and comes back ahead of all that came later."""
    scanner = site.scanner(set_tasks=2, set_jobs=1)
    first, second = (site.scan(own(scanner), size=1) for _ in range(2))
    one, two = site.claim(scanner)
    assert {one.scan, two.scan} == {first}

    pause(site, first)
    assert site.record(first)["status"] == "pausing"
    site.tasks.start(scanner, one.task, 1)
    assert site.tasks.progress(scanner, one.task, 1, done=0, results=0).control == "pause"
    site.tasks.release(scanner, one.task, 1, done=0)
    site.finish(scanner, two)
    assert site.record(first)["status"] == "paused"
    (other, more) = site.claim(scanner)
    assert {other.scan, more.scan} == {second}
    resume(site, first)
    site.finish(scanner, other)
    site.finish(scanner, more)

    assert {lease.scan for lease in site.claim(scanner)} == {first}
    assert site.record(first)["status"] == "running"


def test_a_scan_may_end_while_it_pauses(site: Site) -> None:
    """When its last tasks end there is nothing left to resume."""
    scanner = site.scanner()
    scan = site.scan(own(scanner), targets="10.0.0.0/31", size=2)
    (lease,) = site.claim(scanner)
    pause(site, scan)
    site.finish(scanner, lease)

    assert site.record(scan)["status"] == "completed"
    with pytest.raises(InvalidTransition):
        resume(site, scan)


def test_pause_and_resume_only_along_the_states(site: Site) -> None:
    """What runs cannot be resumed, what was never there not be paused; repeating is harmless."""
    scanner = site.scanner()
    scan = site.scan(own(scanner))
    with pytest.raises(InvalidTransition):
        resume(site, scan)
    with pytest.raises(NotFound):
        pause(site, 17)
    pause(site, scan)
    pause(site, scan)
    assert site.record(scan)["status"] == "paused"
    resume(site, scan)
    assert site.record(scan)["status"] == "pending"
    site.scans.cancel(site.keys, scan, reason="test")
    with pytest.raises(InvalidTransition):
        pause(site, scan)


def test_a_canceling_scan_cannot_be_paused(site: Site) -> None:
    """Cancel is final, from whatever state."""
    scanner = site.scanner()
    scan = site.scan(own(scanner))
    site.claim(scanner, limit=1)
    pause(site, scan)
    site.scans.cancel(site.keys, scan, reason="test")

    assert site.record(scan)["status"] == "canceling"
    with pytest.raises(InvalidTransition):
        pause(site, scan)
    with pytest.raises(InvalidTransition):
        resume(site, scan)


def test_nothing_is_stuck_behind_paused_scans(site: Site) -> None:
    """However many paused scans are at the head, the queue's claims get past them."""
    scanner = site.scanner(set_tasks=1)
    paused = [site.scan(own(scanner), targets="10.0.0.0/31", size=1) for _ in range(40)]
    for scan in paused:
        pause(site, scan)
    last = site.scan(own(scanner), targets="10.0.0.0/31", size=1)

    (lease,) = site.claim(scanner)
    assert lease.scan == last
    resume(site, paused[7])
    site.finish(scanner, lease)
    assert [lease.scan for lease in site.claim(scanner)] == [paused[7]]


def test_why_paused(site: Site) -> None:
    """PAUSED: an operator paused it."""
    scan = site.scan(own(site.scanner()))
    pause(site, scan)

    assert why(site, scan) == "PAUSED"


def test_why_no_scanner_online(site: Site) -> None:
    """NO_SCANNER_ONLINE: none was ever heard of, or none any more."""
    scanner = site.scanner()
    scan = site.scan(own(scanner))
    assert why(site, scan) == "NO_SCANNER_ONLINE"
    site.heartbeat(scanner)
    assert why(site, scan) == "AWAITING_CLAIM"
    site.clock.forward(95)
    site.upkeep.mark_offline(site.keys, 90_000)

    assert why(site, scan) == "NO_SCANNER_ONLINE"


def test_why_no_engine(site: Site) -> None:
    """NO_SCANNER_WITH_ENGINE: those online cannot do it."""
    scanner = site.scanner()
    scan = site.scan(own(scanner), engine="nmap")
    site.heartbeat(scanner, engines="connect")

    assert why(site, scan) == "NO_SCANNER_WITH_ENGINE"


def test_why_scanners_full(site: Site) -> None:
    """SCANNERS_FULL: those that could do it hold all that they can."""
    scanner = site.scanner(set_tasks=2, set_jobs=2)
    site.scan(own(scanner), size=1)
    site.claim(scanner)
    scan = site.scan(own(scanner))

    assert why(site, scan) == "SCANNERS_FULL"


def test_why_group_at_job_capacity(site: Site) -> None:
    """GROUP_AT_JOB_CAPACITY: the group breaks as many scans into tasks as it may."""
    scanner = site.scanner()
    group = site.group(scanner, cap=1)
    scanner = site.holder(scanner.scanner)
    site.scan(f"g{group}", size=1)
    scan = site.scan(f"g{group}")
    site.claim(scanner, limit=1)

    assert why(site, scan) == "GROUP_AT_JOB_CAPACITY"


def test_why_behind_other_scans(site: Site) -> None:
    """BEHIND_OTHER_SCANS: its scanner works on those before it."""
    scanner = site.scanner(set_jobs=1)
    site.scan(own(scanner), size=1)
    scan = site.scan(own(scanner))
    site.claim(scanner, limit=1)

    assert why(site, scan) == "BEHIND_OTHER_SCANS"


def test_why_behind_in_the_window(site: Site) -> None:
    """BEHIND_OTHER_SCANS: ready in its group, and outside every member's window."""
    scanner = site.scanner(set_tasks=3, set_jobs=1)
    group = site.group(scanner)
    scanner = site.holder(scanner.scanner)
    site.scan(f"g{group}", size=1)
    scan = site.scan(f"g{group}")
    site.claim(scanner, limit=1)

    assert why(site, scan) == "BEHIND_OTHER_SCANS"


def test_why_backing_off(site: Site) -> None:
    """SCANNERS_BACKING_OFF: its scanner failed three times, and waits."""
    scanner = site.scanner(set_jobs=2)
    site.scan(own(scanner), size=1)
    for _ in range(3):
        site.finish(scanner, site.claim(scanner, limit=1)[0], "failed")
    scan = site.scan(own(scanner))

    assert why(site, scan) == "SCANNERS_BACKING_OFF"


def test_a_spent_budget_holds_nobody_else_up(site: Site) -> None:
    """A scan whose own rate is granted in full leaves ready, and comes back when some is free."""
    one, two = site.scanner(set_tasks=1, set_jobs=1), site.scanner(set_tasks=1, set_jobs=1)
    group = site.group(one, two)
    one, two = site.holder(one.scanner), site.holder(two.scanner)
    slow = site.scan(f"g{group}", size=1, rate="1")
    other = site.scan(f"g{group}", size=1)

    (held,) = site.claim(one)
    assert held.scan == slow
    given = [lease for _ in range(2) for lease in site.claim(two)]
    assert [lease.scan for lease in given] == [other]
    site.finish(one, held)
    assert [lease.scan for lease in site.claim(one)] == [slow]
    assert Audit(site.client).run() == []


def test_a_lost_engine_frees_its_queue_however_many_wait(site: Site) -> None:
    """150 ready scans that nobody can do any more are all parked, and others go on."""
    plain, able = site.scanner(set_tasks=1, set_jobs=1), site.scanner(set_tasks=1, set_jobs=1)
    group = site.group(plain, able)
    plain, able = site.holder(plain.scanner), site.holder(able.scanner)
    site.heartbeat(plain, engines="connect")
    for _ in range(150):
        site.scan(f"g{group}", size=1, engine="nmap")
    other = site.scan(f"g{group}", size=1)
    (mine,) = site.claim(plain, limit=1)
    assert mine.scan == other
    site.heartbeat(able, engines="nmap")
    for _ in range(20):
        for lease in site.claim(able, limit=1):
            site.finish(able, lease)
    ready = site.keys.of("queue", f"g{group}", "ready")
    assert site.client.zcard(ready) > 100
    site.heartbeat(able, engines="masscan")
    site.finish(plain, mine)

    given = [lease.scan for _ in range(3) for lease in site.claim(plain)]
    assert given == [other]
    assert site.client.zrange(ready, 0, -1) == [str(other)]
    assert Audit(site.client).run() == []


def test_a_scanner_that_is_being_deleted_cannot_be_changed(site: Site) -> None:
    """Its drain cannot be taken back, and it is handed nothing through its groups either."""
    retirement = RetirementStore(site.client, site.clock)
    scanner, mate = site.scanner(set_tasks=2), site.scanner()
    group = site.group(scanner, mate)
    scanner = site.holder(scanner.scanner)
    site.scan(f"g{group}", size=1)
    site.claim(scanner, limit=1)
    retirement.retire(site.keys, "scanner", scanner.scanner)

    assert site.claim(scanner) == []
    with pytest.raises(Conflict, match="being deleted"):
        site.scanners.save(site.keys, scanner.scanner, {"drain": 0})


def test_it_waits_for_nothing_while_tasks_are_out(site: Site) -> None:
    """A scan of which tasks are out, or that has ended, does not wait."""
    scanner = site.scanner()
    scan = site.scan(own(scanner), targets="10.0.0.0/30", size=2)
    leases = site.claim(scanner, limit=1)
    assert why(site, scan) == ""
    leases += site.claim(scanner)
    for lease in leases:
        site.finish(scanner, lease)
    assert why(site, scan) == ""


def test_leaving_a_group_loses_no_task(site: Site) -> None:
    """A scanner that leaves keeps what it holds, and gets nothing more from there."""
    one, two = site.scanner(set_tasks=2), site.scanner(set_tasks=2)
    group = site.group(one, two)
    one, two = site.holder(one.scanner), site.holder(two.scanner)
    scan = site.scan(f"g{group}", targets="10.0.0.0/28", size=2)
    held = site.claim(one)
    site.groups.save(site.keys, group, members=[two.scanner])
    one, two = site.holder(one.scanner), site.holder(two.scanner)

    assert site.claim(one) == []
    for lease in held:
        site.finish(one, lease)
    while leases := site.claim(two):
        for lease in leases:
            site.finish(two, lease)
    assert site.record(scan)["status"] == "completed"
    assert Audit(site.client).run() == []


def test_drained_and_disabled_scanners_get_nothing(site: Site) -> None:
    """A drained scanner ends what it holds; a disabled one does not count as able."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(own(scanner), targets="10.0.0.0/28", size=2)
    (lease,) = site.claim(scanner, limit=1)
    site.scanners.save(site.keys, scanner.scanner, {"drain": 1})
    scanner = site.holder(scanner.scanner)
    assert site.claim(scanner) == []
    assert site.tasks.heartbeat(scanner, Report(), []).drain is True
    site.finish(scanner, lease)
    assert why(site, scan) == "NO_SCANNER_ONLINE"

    site.scanners.save(site.keys, scanner.scanner, {"drain": 0})
    scanner = site.holder(scanner.scanner)
    assert len(site.claim(scanner)) == 2


def test_lowered_capacities_take_nothing_away(site: Site) -> None:
    """Use above a lowered limit stays, only falls, and nothing more is handed out meanwhile."""
    scanner = site.scanner(set_tasks=6, set_targets=100)
    site.scan(own(scanner), size=4)
    held = site.claim(scanner)
    site.scanners.save(site.keys, scanner.scanner, {"set_tasks": 2, "set_targets": 10})
    scanner = site.holder(scanner.scanner)

    assert len(held) == 6
    for lease in held[:4]:
        assert site.claim(scanner) == []
        site.finish(scanner, lease)
    assert site.claim(scanner) == []
    site.finish(scanner, held[4])
    assert len(site.claim(scanner)) == 1


def test_deleting_a_scanner_with_work_out(site: Site) -> None:
    """Refused for a scan's only queue; else it takes no more, and goes with its last lease."""
    retirement = RetirementStore(site.client, site.clock)
    one, two = site.scanner(set_tasks=2), site.scanner(set_tasks=2)
    both = site.scan(own(one), own(two), targets="10.0.0.0/28", size=2)
    only = site.scan(own(one), targets="10.0.0.0/30", size=2)
    held = site.claim(one)
    with pytest.raises(Conflict, match=str(only)):
        retirement.retire(site.keys, "scanner", one.scanner)
    assert site.claim(two) != []
    site.scans.cancel(site.keys, only, reason="test")

    retirement.retire(site.keys, "scanner", one.scanner)
    assert retirement.delete(site.keys, "scanner", one.scanner) is False
    assert site.claim(one) == []
    assert retirement.finish(site.keys) == 0
    for lease in held:
        site.finish(one, lease)
    assert retirement.finish(site.keys) == 1
    assert site.scanners.get(site.keys, one.scanner) is None
    for _ in range(20):
        site.pass_time(130)
        for lease in site.claim(two):
            site.finish(two, lease)
    assert site.record(both)["status"] == "completed"
    assert Audit(site.client).run() == []


def test_two_queues_deleted_at_once_leave_one(site: Site) -> None:
    """A scan of two queues that are both being retired keeps them: both deletions are refused."""
    retirement = RetirementStore(site.client, site.clock)
    one, two = site.scanner(), site.scanner()
    scan = site.scan(own(one), own(two))
    site.client.hset(site.keys.of("queue", own(two)), "retired", "1")
    with pytest.raises(Conflict):
        retirement.retire(site.keys, "scanner", one.scanner)

    assert site.client.hlen(site.keys.of("scan", scan, "jobs")) == 2


def test_deleting_a_group(site: Site) -> None:
    """Its members forget it, its scans go on through their other queues."""
    retirement = RetirementStore(site.client, site.clock)
    scanner = site.scanner(set_tasks=2)
    group = site.group(scanner)
    scanner = site.holder(scanner.scanner)
    scan = site.scan(f"g{group}", own(scanner), targets="10.0.0.0/30", size=2)
    retirement.retire(site.keys, "group", group)
    retirement.delete(site.keys, "group", group)
    scanner = site.holder(scanner.scanner)

    for lease in site.claim(scanner):
        site.finish(scanner, lease)
    assert site.record(scan)["status"] == "completed"
    assert site.groups.get(site.keys, group) is None
    with pytest.raises(NotFound):
        retirement.retire(site.keys, "group", group)


def test_what_takes_no_place_is_in_nobodys_way(site: Site) -> None:
    """Behind a paused scan, and one that nobody can do, the next claim hands out."""
    scanner = site.scanner()
    site.heartbeat(scanner, engines="connect")
    other = site.scan(own(scanner), engine="masscan")
    paused = site.scan(own(scanner))
    site.scans.pause(site.keys, paused, reason="a test")
    scan = site.scan(own(scanner), targets="10.0.0.0/30")

    assert why(site, scan) == "AWAITING_CLAIM"
    assert {lease.scan for lease in site.claim(scanner)} == {scan}
    assert why(site, other) == "NO_SCANNER_WITH_ENGINE"


def test_deleting_a_scan_leaves_nothing(site: Site) -> None:
    """Only a finished scan can be deleted, and then no key of it stays."""
    scanner = site.scanner()
    before = set(site.client.keys("*"))
    scan = site.scan(own(scanner), targets="10.0.0.0/24", size=2)
    with pytest.raises(InvalidTransition):
        site.scans.delete(site.keys, scan)
    while leases := site.claim(scanner):
        for lease in leases:
            site.finish(scanner, lease)
    site.scans.delete(site.keys, scan)

    left = set(site.client.keys("*")) - before
    assert left == {site.keys.of("online")}
    with pytest.raises(NotFound):
        site.scans.delete(site.keys, scan)
