"""Promises of single scripts that a life at random seldom meets; each noticed a mutation."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, Invalid, InvalidTransition, LeaseLost
from domain.space import build_segments
from domain.targets import parse_target
from queues.exchange import Holder, Lease
from queues.port_lists import PortListStore
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


def test_a_claim_looks_behind_a_scan_whose_rate_is_spent(site: Site) -> None:
    """A scan that has no rate left makes room, and the same claim goes on to the next one."""
    one, other = site.scanner(set_tasks=1, set_jobs=1), site.scanner(set_tasks=1, set_jobs=1)
    queues = (f"s{one.scanner}", f"s{other.scanner}")
    first = site.scan(*queues, size=1, rate="1")
    second = site.scan(*queues, size=1)
    assert [lease.scan for lease in site.claim(one)] == [first]

    assert [lease.scan for lease in site.claim(other)] == [second]


def test_a_scanner_shares_its_own_rate_over_its_tasks(site: Site) -> None:
    """A slice is what one task does in 60 s at its part of the scanner's limit."""
    scanner = site.scanner(set_targets=4096, set_tasks=4, rate=8)
    site.scan(f"s{scanner.scanner}", targets="10.0.0.0/16")

    assert [lease.last - lease.first for lease in site.claim(scanner)] == [120] * 4


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def test_what_fell_out_of_the_window_waits(site: Site) -> None:
    """One scan at a time: an earlier one that is resumed waits for the tasks of the later one."""
    scanner = site.scanner(set_tasks=4, set_jobs=1)
    first, second = (site.scan(f"s{scanner.scanner}", size=1) for _ in range(2))
    site.scans.pause(site.keys, first, reason="test")
    (lease,) = site.claim(scanner, limit=1)
    assert lease.scan == second
    site.scans.resume(site.keys, first, reason="test")

    assert site.claim(scanner) == []
    site.finish(scanner, lease)
    assert [lease.scan for lease in site.claim(scanner, limit=1)] == [first]


def test_a_parked_scan_that_is_paused_waits_nowhere(site: Site) -> None:
    """And is parked again when it is resumed."""
    scanner = site.scanner()
    site.heartbeat(scanner, engines="connect")
    scan = site.scan(f"s{scanner.scanner}", engine="nmap")
    site.claim(scanner)
    parked = site.keys.of("queue", f"s{scanner.scanner}", "parked", "nmap")
    assert site.client.zrange(parked, 0, -1) == [str(scan)]
    site.scans.pause(site.keys, scan, reason="test")
    assert site.client.exists(parked) == 0
    site.scans.resume(site.keys, scan, reason="test")

    assert site.client.zrange(parked, 0, -1) == [str(scan)]


def test_a_scan_whose_rate_is_spent_is_not_ready(site: Site) -> None:
    """Pausing and resuming it changes nothing about that; rate that comes back does."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", size=1, rate="1")
    lease = started(site, scanner)
    assert site.claim(scanner) == []
    site.scans.pause(site.keys, scan, reason="test")
    site.scans.resume(site.keys, scan, reason="test")
    ready = site.keys.of("queue", f"s{scanner.scanner}", "ready")
    assert site.client.exists(ready) == 0
    site.tasks.complete(scanner, lease.task, 1, status="completed", results=0, message="")

    assert site.client.zrange(ready, 0, -1) == [str(scan)]


def test_one_claim_moves_sixteen_scans_at_most(site: Site) -> None:
    """And says that there is more to look at."""
    scanner = site.scanner()
    for _ in range(20):
        site.scans.pause(site.keys, site.scan(f"s{scanner.scanner}"), reason="test")
    who = (scanner.scanner, scanner.version, 1, "", 60_000, "", 60, 1000, 1, 0, "")
    answer = site.tasks.scripts.run("claim", site.keys, *who)

    assert answer == ["ok", "-1"]
    waiting = site.keys.of("queue", f"s{scanner.scanner}", "waiting")
    assert site.client.llen(waiting) == 4


def test_an_old_attempt_of_the_same_scanner_is_fenced(site: Site) -> None:
    """Also where the scanner holds the task again."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2)
    first = started(site, scanner)
    site.tasks.release(scanner, first.task, 1, done=0)
    again = started(site, scanner)
    assert (again.task, again.attempt) == (first.task, 2)

    with pytest.raises(LeaseLost):
        site.tasks.progress(scanner, first.task, 1, done=1, results=0)


def test_progress_is_counted_as_it_stands(site: Site) -> None:
    """Reports replace one another, and end with their task."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=8)
    lease = started(site, scanner)
    for done, counted in ((2, "2"), (3, "3"), (99, "8"), (5, "5")):
        site.tasks.progress(scanner, lease.task, 1, done=done, results=0)
        assert site.record(scan)["advanced"] == counted
    site.tasks.release(scanner, lease.task, 1, done=5)

    assert site.record(scan)["advanced"] == "0"


def test_a_scan_that_has_failed_is_not_canceled(site: Site) -> None:
    """What has ended stays as it ended."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2)
    site.finish(scanner, site.claim(scanner)[0], "failed")
    with pytest.raises(InvalidTransition):
        site.scans.cancel(site.keys, scan, reason="test")

    assert site.record(scan)["status"] == "failed"


def test_the_history_says_why(site: Site) -> None:
    """Every step of a scan's status carries its reason."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    site.scans.pause(site.keys, scan, reason="tired")
    *_, (_, event) = site.client.xrange(site.keys.of("scan", scan, "events"))

    assert (event["action"], event["reason"]) == ("scan-paused", "tired")


def test_a_page_of_results_passes_its_bytes_by_one_batch(site: Site) -> None:
    """Whatever sizes the batches have."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    lease = started(site, scanner)
    for batch in range(1, 6):
        rows = '"' + 1000 * "x" + '"'
        site.tasks.results(scanner, lease.task, 1, batch=batch, count=1, rows=rows)
    answer = site.tasks.scripts.run_timeless("read_results", site.keys, scan, "-", 100, 2500)

    assert len(answer[1]) == 3


def test_an_exhausted_scan_that_it_holds_takes_its_place(site: Site) -> None:
    """Two scans at a time: what is all handed out counts, and a resumed one pushes out the last."""
    scanner = site.scanner(set_tasks=6, set_jobs=2)
    queue = f"s{scanner.scanner}"
    small = site.scan(queue, targets="10.0.0.1", size=1)
    earlier, later = site.scan(queue, size=1), site.scan(queue, size=1)
    site.scans.pause(site.keys, earlier, reason="test")
    given = [lease.scan for _ in range(2) for lease in site.claim(scanner, limit=1)]
    assert given == [small, later]
    site.scans.resume(site.keys, earlier, reason="test")

    assert site.claim(scanner) == []


def test_only_a_finished_scan_is_deleted(site: Site) -> None:
    """Not one that is waiting, running, pausing or paused."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)

    def refuse(status: str) -> None:
        assert site.record(scan)["status"] == status
        with pytest.raises(InvalidTransition):
            site.scans.delete(site.keys, scan)

    refuse("pending")
    lease = started(site, scanner)
    refuse("running")
    site.scans.pause(site.keys, scan, reason="test")
    refuse("pausing")
    site.tasks.release(scanner, lease.task, 1, done=0)
    refuse("paused")


def test_a_port_list_bounds_the_scans_that_use_it(site: Site) -> None:
    """At its limit of now, named where it is the least; it stays as long as they go on."""
    lists, scanner = PortListStore(site.client, site.clock), site.scanner(rate=9)
    ports, _ = lists.save(site.keys, None, {"name": "web", "ports": "80", "rate": 5})
    plain = site.record(site.scan(f"s{scanner.scanner}", size=1))
    segments = build_segments([parse_target("10.0.0.0/31")], [])
    fields = {name: plain[name] for name in ("spec", "job", "engine", "ports", "max_attempts")}
    record = {**fields, "retry_failed": "0", "hosts_per_task": "1", "rate": "9"}
    site.scans.cancel(site.keys, int(plain["id"]), reason="test")

    def create(port_list: int) -> int:
        queues = [f"s{scanner.scanner}"]
        return site.scans.create(site.keys, record, segments, queues, port_list=port_list)[0]

    scan = create(ports)
    (first,) = site.claim(scanner, limit=1)
    assert (first.scan, first.rate, first.rated_by) == (scan, 5, "portList")
    site.finish(scanner, first)
    for rate, bound in ((3, "portList"), ("", "scanner"), (9, "scanner")):
        lists.save(site.keys, ports, {"rate": rate})
        (lease,) = site.claim(scanner, limit=1)
        assert (lease.rate, lease.rated_by) == (rate if rate == 3 else 9, bound)
        site.tasks.release(scanner, lease.task, lease.attempt, done=0)
    with pytest.raises(Conflict, match=f"Scan {scan} uses it"):
        lists.delete(site.keys, ports)
    site.finish(scanner, site.claim(scanner, limit=1)[0])
    lists.delete(site.keys, ports)

    with pytest.raises(Invalid, match=f"no port list {ports}"):
        create(ports)


def test_names_and_limits_of_networks_exclude_each_other(site: Site) -> None:
    """As long as names are being scanned; a name says nothing of its network."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="host.example.org", size=1)
    with pytest.raises(Conflict, match=f"Scan {scan} has names"):
        site.subnet("10.0.0.0/8", 5)
    site.finish(scanner, site.claim(scanner)[0])

    assert site.subnet("10.0.0.0/8", 5) > scan


def test_who_is_to_be_a_member_is_there(site: Site) -> None:
    """Neither a group takes a scanner that there is not, nor a scanner such a group."""
    scanner = site.scanner()
    group = site.group(scanner)
    with pytest.raises(Invalid, match="no scanner 17"):
        site.groups.save(site.keys, group, name="g", cap=1, members=[scanner.scanner, 17])
    with pytest.raises(Invalid, match="no group 17"):
        site.scanners.save(site.keys, scanner.scanner, {}, groups=[group, 17])

    assert site.client.smembers(site.keys.of("group", group, "members")) == {str(scanner.scanner)}


def test_a_scanner_that_goes_counts_nowhere(site: Site) -> None:
    """While it still works its scans have left its queue, and nobody is there for its group's."""
    scanner, other = site.scanner(), site.scanner()
    group = site.group(scanner)
    scanner = site.holder(scanner.scanner)
    both = site.scan(f"s{scanner.scanner}", f"s{other.scanner}", size=1)
    scan = site.scan(f"g{group}", targets="192.0.2.0/24", size=1)
    (lease,) = site.claim(scanner, limit=1)
    assert lease.scan == both
    assert site.scans.explain(site.keys, scan)[0] == "AWAITING_CLAIM"
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", scanner.scanner)

    assert site.client.hkeys(site.keys.of("scan", both, "jobs")) == [f"s{other.scanner}"]
    assert site.scans.explain(site.keys, scan)[0] == "NO_SCANNER_ONLINE"


def test_what_is_wrong_again_raises_another_alarm(site: Site) -> None:
    """One that was cleared is over."""
    scanner = site.scanner()
    for _ in range(2):
        site.heartbeat(scanner)
        site.clock.forward(100)
        site.upkeep.mark_offline(site.keys, 90_000)
    alarms = site.alarms.some(site.keys, state="", limit=9, cursor="").items

    assert [alarm["kind"] for alarm in alarms] == ["scanner-offline"] * 2
    assert ["cleared" in alarm for alarm in alarms] == [False, True]


def test_a_drained_scanner_takes_nothing_of_its_groups(site: Site) -> None:
    """What others can do is ready there, and left to them."""
    drained, other = site.scanner(), site.scanner()
    group = site.group(drained, other)
    site.heartbeat(site.holder(other.scanner))
    site.scanners.save(site.keys, drained.scanner, {"drain": 1})
    site.scan(f"g{group}", size=1)

    assert site.claim(site.holder(drained.scanner)) == []
    assert len(site.claim(site.holder(other.scanner), limit=1)) == 1


def test_a_scan_is_ready_under_its_receipt(site: Site) -> None:
    """Only when its turn has come, and in its old place when it comes back."""
    scanner = site.scanner(set_tasks=2, set_jobs=1)
    first, second = (site.scan(f"s{scanner.scanner}", size=1) for _ in range(2))
    (lease,) = site.claim(scanner, limit=1)
    for scan in (second, first):
        site.scans.pause(site.keys, scan, reason="test")
        site.scans.resume(site.keys, scan, reason="test")
    site.tasks.release(scanner, lease.task, 1, done=0)
    ready = site.keys.of("queue", f"s{scanner.scanner}", "ready")

    assert site.client.zrange(ready, 0, -1, withscores=True) == [(str(first), 1)]


def test_a_scan_canceled_before_its_turn_is_in_no_queue(site: Site) -> None:
    """A claim that comes upon it leaves nothing of it."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    site.scans.cancel(site.keys, scan, reason="test")

    assert site.claim(scanner) == []
    assert site.client.exists(site.keys.of("scan", scan, "jobs")) == 0


def test_a_task_starts_once(site: Site) -> None:
    """However often its scanner says so; and no more of it is done than there is."""
    scanner = site.scanner(set_targets=8)
    scan = site.scan(f"s{scanner.scanner}", size=8)
    lease = started(site, scanner)
    site.tasks.start(scanner, lease.task, 1)
    record = site.record(scan)
    assert (record["claimed"], record["running"]) == ("0", "1")
    with pytest.raises(Invalid):
        site.tasks.release(scanner, lease.task, 1, done=9)
    site.tasks.release(scanner, lease.task, 1, done=8)

    assert site.record(scan)["done"] == "8"


def test_a_fleet_is_as_it_was_said(site: Site) -> None:
    """Capacities are in order and follow the machine; a group's members are those named last."""
    one, other = site.scanner(), site.scanner()
    group = site.group(one, other)
    site.groups.save(site.keys, group, name="g", cap=1, members=[other.scanner])
    site.heartbeat(site.holder(one.scanner), cpus="64", memory=str(64 * 2**20))
    record = site.scanners.get(site.keys, one.scanner)
    assert record is not None
    with pytest.raises(Invalid):
        site.scanner(set_tasks=2, set_jobs=3)

    assert record["cap_targets"] == "32"
    assert site.client.smembers(site.keys.of("group", group, "members")) == {str(other.scanner)}


def test_a_task_is_as_it_was_handed_out(site: Site) -> None:
    """By whom, when, at which rate, and the limit that it has it from, also one of IPv6."""
    scanner = site.scanner()
    site.subnet("2001:db8::/32", 17)
    site.scan(f"s{scanner.scanner}", targets="2001:db8::/126", size=4)
    (lease,) = site.claim(scanner, limit=1)
    task = site.tasks.get(site.keys, lease.task)
    assert task is not None
    found = {name: task[name] for name in ("scanner", "claimed", "rate", "rated_by", "progress")}
    site.finish(scanner, lease)

    assert found == {
        "scanner": str(scanner.scanner),
        "claimed": str(site.clock.ms),
        "rate": "17",
        "rated_by": "subnet 2001:db8::/32",
        "progress": "0",
    }
    assert site.record(lease.scan)["status"] == "completed"


def test_batches_of_the_last_eight_attempts_are_counted(site: Site) -> None:
    """Those before are not known any more, however often a task comes back."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2)
    for attempt in range(1, 12):
        lease = started(site, scanner)
        site.tasks.results(scanner, lease.task, attempt, batch=1, count=0, rows="[]")
        site.tasks.release(scanner, lease.task, attempt, done=0)
    kept = site.client.hkeys(site.keys.of("task", lease.task))

    assert {name for name in kept if name.startswith("batch:")} == {
        f"batch:{attempt}" for attempt in range(4, 12)
    }


def test_a_start_is_movement(site: Site) -> None:
    """Of the scan too, which began with the first one."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", size=1)
    first = started(site, scanner)
    began = site.record(scan)["started"]
    for _ in range(9):
        site.pass_time(100)
        site.heartbeat(scanner, (first.task, 1))
    started(site, scanner)
    site.upkeep.check_scans(site.keys, 900_000)
    site.pass_time(10)
    site.upkeep.check_scans(site.keys, 900_000)

    assert site.alarms.some(site.keys, state="", limit=9, cursor="").items == []
    assert site.record(scan)["started"] == began


def test_a_claim_sweeps_twenty_leases_at_most(site: Site) -> None:
    """And goes on; what is left is the next one's."""
    scanner, other, third = site.scanner(set_tasks=45), site.scanner(), site.scanner()
    scan = site.scan(*(f"s{each.scanner}" for each in (scanner, other, third)), size=1)
    site.claim(scanner, limit=45)
    site.pass_time(50)
    site.clock.forward(15)
    (lease,) = site.claim(other, limit=1)
    swept = site.record(scan)["expired"]
    site.claim(third, limit=1)

    assert (lease.scan, swept, site.record(scan)["expired"]) == (scan, "20", "40")
    assert site.sweep() == 5


def test_a_site_knows_a_hundred_engines(site: Site) -> None:
    """Those that its scanners named, and no more than the first hundred."""
    scanner = site.scanner()
    site.heartbeat(scanner, engines="connect,nmap")
    assert site.scanners.engines(site.keys) == {"connect", "nmap"}
    site.heartbeat(scanner, engines=",".join(f"e{i}" for i in range(120)))

    assert len(site.scanners.engines(site.keys)) == 100


def test_what_a_claim_leaves_is_handed_out_once(site: Site) -> None:
    """Also where the scan's rate is spent before the claim has all that it asks for."""
    scanner = site.scanner(set_tasks=4)
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/30", size=1, rate="2")
    first = site.claim(scanner)
    for lease in first:
        site.finish(scanner, lease)
    rest = site.claim(scanner)

    assert [lease.first for lease in (*first, *rest)] == [0, 1, 2, 3]
    assert site.opened(scan) == []


def test_what_is_as_it_was_is_not_written(site: Site) -> None:
    """A report that says nothing new changes nothing in the store."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=10)
    lease = started(site, scanner)
    changes = []
    for done in (3, 3, 4):
        before = site.client.info("persistence")["rdb_changes_since_last_save"]
        site.tasks.progress(scanner, lease.task, None, done=done, results=2)
        after = site.client.info("persistence")["rdb_changes_since_last_save"]
        changes.append(after > before)

    assert changes == [True, False, True]
