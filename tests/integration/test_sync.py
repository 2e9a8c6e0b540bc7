"""The script of sync: reports taken in their order, each whole or not at all, then new tasks."""

from __future__ import annotations

import dataclasses
import json

import pytest

from domain.errors import (
    BatchGap,
    InvalidTransition,
    JobNotFound,
    JobNotOwned,
    LeaseLost,
    StaleRecord,
)
from queues.exchange import Holder, Lease, Report, Said, Synced
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


def sync(
    site: Site, scanner: Holder, *said: Said, want: int = 0, request: str = "", **facts: str
) -> Synced:
    return site.tasks.sync(scanner, want, request, Report(**facts), list(said))


def told(lease: Lease, state: str, **more: int | str) -> Said:
    return Said(lease.task, lease.attempt, state, **more)  # type: ignore[arg-type]


def found(lease: Lease, state: str, batch: int) -> Said:
    rows = json.dumps([{"host": "10.0.0.1", "state": "up"}])
    return Said(lease.task, lease.attempt, state, batch=batch, row_count=1, rows=rows)


def status_of(site: Site, lease: Lease) -> str:
    record = site.tasks.get(site.keys, lease.task)
    assert record
    return str(record["status"])


def test_tasks_are_claimed_and_being_listed_starts_them(site: Site) -> None:
    """New tasks are merely claimed; the next sync that lists them starts them, in any state."""
    scanner = site.scanner(set_tasks=3)
    scan = site.scan(f"s{scanner.scanner}", size=10)
    first = sync(site, scanner, want=3).leases
    claimed = site.record(scan)
    sync(site, scanner, told(first[0], "running"), told(first[1], "completed"))
    after = site.record(scan)

    assert (claimed["claimed"], claimed["status"]) == ("3", "pending")
    assert (after["claimed"], after["running"], after["done"]) == ("1", "1", "10")
    assert after["status"] == "running"


def test_capacity_that_is_given_back_is_free_for_new_tasks(site: Site) -> None:
    """What a sync ends makes room for what it wants."""
    scanner = site.scanner(set_tasks=2, set_targets=20)
    site.scan(f"s{scanner.scanner}", size=10)
    before = sync(site, scanner, want=5).leases
    after = sync(site, scanner, *(told(lease, "completed") for lease in before), want=5).leases

    assert len(before) == len(after) == 2
    assert {lease.first for lease in before} == {0, 10}
    assert {lease.first for lease in after} == {20, 30}


def test_the_last_task_ends_the_scan(site: Site) -> None:
    """A scan whose tasks all end in one sync has ended."""
    scanner = site.scanner(set_tasks=4)
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/30", size=1)
    leases = sync(site, scanner, want=4).leases
    sync(site, scanner, *(told(lease, "completed") for lease in leases))
    record = site.record(scan)

    assert (record["status"], record["done"], record["tasks_completed"]) == ("completed", "4", "4")
    assert site.client.zrange(site.keys.of("scan", scan, "done"), 0, -1) == ["0:4"]


def test_one_refused_leaves_the_others_as_they_are(site: Site) -> None:
    """Each report is judged alone, with the verdict of the plain call."""
    scanner, other = site.scanner(set_tasks=4), site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    site.scan(f"s{other.scanner}", size=1)
    mine, (foreign,) = sync(site, scanner, want=3).leases, site.claim(other, 1)
    site.finish(scanner, mine[0])
    answer = sync(
        site,
        scanner,
        told(foreign, "completed"),
        Said(17, 1, "running"),
        told(mine[0], "failed"),
        told(mine[1], "running")._replace(attempt=9),
        found(mine[1], "completed", batch=2),
        told(mine[2], "completed"),
    )

    assert [type(error) for error in answer.refused.values()] == [
        JobNotOwned,
        JobNotFound,
        InvalidTransition,
        BatchGap,
    ]
    assert status_of(site, mine[1]) == "claimed"
    assert status_of(site, mine[2]) == "completed"


def test_results_are_kept_before_the_last_word(site: Site) -> None:
    """Results that come with the last word are not late, and a batch is kept once."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    for _ in range(2):
        answer = sync(site, scanner, found(lease, "completed", batch=1))
        assert answer.refused == {}
    rows = site.client.xrange(site.keys.of("scan", scan, "results"))

    assert [fields["late"] for _, fields in rows] == [""]
    assert site.record(scan)["results"] == "1"


def test_results_of_a_lost_lease_are_kept_late(site: Site) -> None:
    """The report is refused, what was found is not."""
    scanner, other = site.scanner(), site.scanner()
    group = site.group(scanner, other)
    scan = site.scan(f"g{group}", targets="10.0.0.1", size=1)
    (lease,) = sync(site, scanner := site.holder(scanner.scanner), want=1).leases
    site.tasks.start(scanner, lease.task, None)
    site.pass_time(130)
    site.claim(site.holder(other.scanner))
    answer = sync(site, scanner, found(lease, "completed", batch=1))
    rows = site.client.xrange(site.keys.of("scan", scan, "results"))

    assert isinstance(answer.refused[lease.task], LeaseLost)
    assert [fields["late"] for _, fields in rows] == ["1"]


def test_a_release_gives_the_rest_back(site: Site) -> None:
    """The first addresses count as done; more than there are is refused."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/29", size=8)
    (lease,) = sync(site, scanner, want=1).leases
    too_many = sync(site, scanner, told(lease, "released", hosts_done=9))
    done = sync(site, scanner, told(lease, "released", hosts_done=3))
    rest = site.tasks.get(site.keys, lease.task)

    assert list(too_many.refused) == [lease.task]
    assert done.refused == {}
    assert (site.record(scan)["done"], site.record(scan)["open"]) == ("3", "5")
    assert rest is not None
    assert (rest["first"], rest["last"]) == ("3", "8")


def test_running_tasks_are_told_what_to_do(site: Site) -> None:
    """A task of a paused scan is told to pause; the others hear nothing."""
    scanner = site.scanner(set_tasks=2, set_jobs=2)
    paused, other = (site.scan(f"s{scanner.scanner}", size=1) for _ in range(2))
    leases = sync(site, scanner, want=2).leases
    site.scans.pause(site.keys, paused, reason="test")
    answer = sync(site, scanner, *(told(lease, "running", done=1) for lease in leases))

    assert {lease.scan for lease in leases} == {paused, other}
    assert answer.control == {lease.task: "pause" for lease in leases if lease.scan == paused}


def test_a_running_task_is_renewed(site: Site) -> None:
    """Being listed renews the lease, with or without progress."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    for _ in range(4):
        sync(site, scanner, told(lease, "running"))
        site.pass_time(100)

    assert sync(site, scanner, told(lease, "completed")).refused == {}


def test_the_same_request_gets_the_same_new_tasks(site: Site) -> None:
    """A lost answer loses nothing, and brings nothing twice."""
    scanner = site.scanner(set_tasks=4)
    site.scan(f"s{scanner.scanner}", size=1)
    once = sync(site, scanner, want=2, request="r").leases
    again = sync(site, scanner, want=2, request="r").leases
    other = sync(site, scanner, want=4, request="s").leases

    assert once == again
    assert len(other) == 2


def test_the_same_request_gets_none_that_it_reports(site: Site) -> None:
    """What the sync itself says has begun or ended is not given again."""
    scanner = site.scanner(set_tasks=3)
    site.scan(f"s{scanner.scanner}", size=10)
    running, ended, lost = sync(site, scanner, want=3, request="r").leases
    said = (told(running, "running"), told(ended, "completed"))

    assert sync(site, scanner, *said, want=3, request="r").leases == [lost]


def test_a_stale_record_changes_nothing(site: Site) -> None:
    """Nothing is taken from a scanner whose record changed since its key was checked."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    with pytest.raises(StaleRecord):
        sync(site, dataclasses.replace(scanner, version="0"), told(lease, "completed"), want=1)

    assert status_of(site, lease) == "claimed"


def test_leases_that_ran_out_are_swept_by_a_claim_after_it(site: Site) -> None:
    """The reports count, however late, and the claim is still to be made."""
    scanner = site.scanner(set_tasks=2)
    site.scan(f"s{scanner.scanner}", size=1)
    listed, silent = sync(site, scanner, want=2).leases
    site.pass_time(50)
    site.clock.forward(15)
    answer = sync(site, scanner, told(listed, "running"), want=2)
    after = site.claim(scanner, 2)

    assert (answer.wait_ms, answer.leases) == (None, [])
    assert [lease.task for lease in after] == [silent.task]


def test_facts_make_a_scanner_what_it_is(site: Site) -> None:
    """A sync counts as contact, and what it says of the machine counts as by a heartbeat."""
    scanner = site.scanner()
    sync(site, scanner, engines="nmap", cpus="4", memory=str(8 * 2**30))
    record = site.scanners.get(site.keys, scanner.scanner)

    assert record is not None
    assert (record["online"], record["engines"], record["cap_targets"]) == ("1", "nmap", "4096")


def test_a_draining_scanner_is_told_so(site: Site) -> None:
    """It gets nothing new, and its reports are taken."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    site.scanners.save(site.keys, scanner.scanner, {"drain": 1}, groups=None)
    answer = sync(site, site.holder(scanner.scanner), told(lease, "completed"), want=1)

    assert (answer.drain, answer.leases, answer.refused) == (True, [], {})


def test_three_failures_in_one_sync_make_a_scanner_wait(site: Site) -> None:
    """Failures count as those of the plain calls."""
    scanner = site.scanner(set_tasks=3)
    site.scan(f"s{scanner.scanner}", size=1)
    leases = sync(site, scanner, want=3).leases
    answer = sync(site, scanner, *(told(lease, "failed", message="no") for lease in leases), want=1)

    assert answer.leases == []
    assert answer.wait_ms == 2000


def test_only_failures_make_a_scanner_wait(site: Site) -> None:
    """However many tasks end in one sync."""
    scanner = site.scanner(set_tasks=3)
    site.scan(f"s{scanner.scanner}", size=1)
    leases = sync(site, scanner, want=3).leases
    answer = sync(site, scanner, *(told(lease, "completed") for lease in leases), want=1)

    assert len(answer.leases) == 1


def test_a_scan_that_it_holds_no_more_takes_no_place(site: Site) -> None:
    """What a sync ends leaves room for another scan in the same sync."""
    scanner = site.scanner(set_tasks=3, set_jobs=2)
    small = [site.scan(f"s{scanner.scanner}", targets=f"10.0.0.{i}", size=1) for i in (1, 2)]
    third = site.scan(f"s{scanner.scanner}", size=1)
    first, second = sync(site, scanner, want=2).leases
    (lease,) = sync(site, scanner, told(first, "completed"), want=1).leases

    assert [first.scan, second.scan, lease.scan] == [*small, third]


def test_reports_are_taken_in_their_order(site: Site) -> None:
    """Results lie as they were listed."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", size=1)
    leases = sync(site, scanner, want=2).leases[::-1]
    sync(site, scanner, *(found(lease, "running", batch=1) for lease in leases))
    rows = site.client.xrange(site.keys.of("scan", scan, "results"))

    assert [fields["task"] for _, fields in rows] == [str(lease.task) for lease in leases]


def test_nothing_of_a_refused_report_is_kept(site: Site) -> None:
    """Neither its results nor its progress; the same batch comes with the next one."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/29", size=8)
    (lease,) = sync(site, scanner, want=1).leases
    too_many = found(lease, "released", batch=1)
    refused = sync(site, scanner, too_many._replace(done=3, hosts_done=9)).refused
    stream = site.keys.of("scan", scan, "results")
    assert (list(refused), site.client.exists(stream)) == ([lease.task], 0)
    assert site.client.hget(site.keys.of("task", lease.task), "progress") is None
    sync(site, scanner, too_many._replace(hosts_done=8))

    assert site.client.xlen(stream) == 1


def test_a_gap_names_the_last_batch(site: Site) -> None:
    """So that its sender knows where to go on."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    sync(site, scanner, found(lease, "running", batch=1))
    refused = sync(site, scanner, found(lease, "running", batch=3)).refused

    assert str(refused[lease.task]) == "The last batch of this attempt was 1."


def test_who_lost_a_task_is_told_that_first(site: Site) -> None:
    """Whatever else is wrong with the report."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    site.pass_time(130)
    refused = sync(site, scanner, told(lease, "released", hosts_done=9)).refused

    assert [type(error) for error in refused.values()] == [LeaseLost]


def test_progress_is_as_it_was_said_last(site: Site) -> None:
    """What is not said is as it was; that nothing is done is said too."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/29", size=8)
    (lease,) = sync(site, scanner, want=1).leases

    def after(**said: int) -> tuple[str, str, str]:
        sync(site, scanner, told(lease, "running", **said))
        task = site.tasks.get(site.keys, lease.task)
        assert task is not None
        return task["progress"], task["results"], site.record(scan)["advanced"]

    assert after(done=3, results=2) == ("3", "2", "3")
    assert after() == ("3", "2", "3")
    assert after(done=0, results=0) == ("0", "0", "0")


def test_why_a_task_failed_is_kept(site: Site) -> None:
    """With the task."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    (lease,) = sync(site, scanner, want=1).leases
    sync(site, scanner, told(lease, "failed", message="no route"))
    task = site.tasks.get(site.keys, lease.task)

    assert task is not None
    assert (task["status"], task["error"]) == ("failed", "no route")


def test_a_task_that_has_ended_is_told_nothing(site: Site) -> None:
    """Nor is anybody watching it, where it started and ended in one sync."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", size=1)
    lease, other = sync(site, scanner, want=2).leases
    site.scans.pause(site.keys, scan, reason="test")
    answer = sync(site, scanner, told(lease, "completed"), told(other, "running"))

    assert answer.control == {other.task: "pause"}
    assert site.client.zrange(site.keys.of("stalls"), 0, -1) == [str(other.task)]


def test_scans_that_rules_have_outdated_are_named(site: Site) -> None:
    """Those of running tasks, so that they are cut anew."""
    scanner = site.scanner(set_tasks=2, set_jobs=2)
    first, second = (site.scan(f"s{scanner.scanner}", size=1) for _ in range(2))
    leases = {lease.scan: lease for lease in sync(site, scanner, want=2).leases}
    before = sync(site, scanner, *(told(lease, "running") for lease in leases.values()))
    site.subnet("10.0.0.0/8", 5)
    after = sync(site, scanner, told(leases[first], "running"), told(leases[second], "completed"))

    assert (before.outdated, after.outdated) == (frozenset(), {first})


def test_what_this_sync_starts_is_not_handed_out_again(site: Site) -> None:
    """Nor is its scan first to be cut anew where nothing else of it is open."""
    scanner = site.scanner(set_tasks=2)
    site.scan(f"s{scanner.scanner}", targets="10.0.0.1")
    (lease,) = sync(site, scanner, want=1, request="a").leases
    site.subnet("10.0.0.0/8", 5)
    answer = sync(site, scanner, told(lease, "running"), want=1, request="a")

    assert (answer.leases, answer.wait_ms) == ([], 0)


def test_who_wants_nothing_is_told_nothing_of_waiting(site: Site) -> None:
    """No task is looked for."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", size=1)
    answer = sync(site, scanner)

    assert (answer.leases, answer.wait_ms) == ([], None)


def test_a_scanner_that_is_to_go_is_told_to_drain(site: Site) -> None:
    """From when its deletion began."""
    scanner, _ = site.scanner(), site.scanner()
    before = sync(site, scanner)
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", scanner.scanner)

    assert (before.drain, sync(site, scanner).drain) == (False, True)


def test_what_ends_together_is_covered_as_it_lies(site: Site) -> None:
    """With its gaps; each of the tasks is kept, the newest first."""
    scanner = site.scanner(set_tasks=5)
    scan = site.scan(f"s{scanner.scanner}", size=1)
    leases = sync(site, scanner, want=5).leases
    ended = [leases[i] for i in (3, 0, 4, 1)]
    sync(site, scanner, *(told(lease, "completed") for lease in ended))
    finished = site.client.lrange(site.keys.of("scan", scan, "finished"), 0, -1)

    assert site.scans.covered(site.keys, scan)["done"] == [(0, 2), (3, 5)]
    assert finished == [str(lease.task) for lease in ended[::-1]]


def test_in_the_time_of_grace_nothing_is_swept(site: Site) -> None:
    """A sync after the store was away hands out tasks at once."""
    scanner = site.scanner(set_tasks=2)
    site.scan(f"s{scanner.scanner}", size=1)
    (silent,) = sync(site, scanner, want=1).leases
    site.clock.forward(3600)
    assert site.sweep() == 0
    site.clock.forward(2)
    (lease,) = sync(site, scanner, want=1).leases

    assert lease.task != silent.task


def test_a_task_begins_when_it_is_listed_first(site: Site) -> None:
    """Also where it ends with that; what runs began before."""
    scanner = site.scanner(set_tasks=2)
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=1)
    first, second = sync(site, scanner, want=2).leases
    began = site.clock()
    sync(site, scanner, told(first, "running"))
    site.clock.forward(10)
    sync(site, scanner, told(first, "completed"), told(second, "completed"))
    records = site.tasks.of(site.keys, [first.task, second.task])

    assert [record["started"] for record in records] == [began, site.clock()]
    assert site.record(scan)["started"] == began


def test_what_a_sync_gives_back_it_may_get_again(site: Site) -> None:
    """As a task that is claimed anew, whatever was said of it."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/30", size=4)
    (lease,) = sync(site, scanner, want=1).leases
    released = told(lease, "released", hosts_done=1, done=3)
    (again,) = sync(site, scanner, released, want=1).leases
    record, counts = site.tasks.get(site.keys, lease.task), site.record(scan)
    leases = site.client.zrange(site.keys.of("leases"), 0, -1)

    assert leases == [str(lease.task)]
    assert (again.task, again.attempt, again.first, again.last) == (lease.task, 2, 1, 4)
    assert record is not None
    assert (record["status"], record.get("started"), record.get("said")) == ("claimed", None, None)
    assert [counts[name] for name in ("done", "in_flight", "claimed")] == ["1", "3", "1"]
    assert sync(site, scanner, told(again, "completed")).refused == {}
