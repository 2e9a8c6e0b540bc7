"""Leases, attempts, strikes and fencing, by design §4."""

from __future__ import annotations

import pytest

from domain.errors import (
    BatchGap,
    InvalidTransition,
    JobNotFound,
    JobNotOwned,
    LeaseLost,
    StaleRecord,
)
from queues.exchange import Holder, Lease
from tests.integration.conftest import Site


@pytest.fixture
def one(site: Site) -> Holder:
    return site.scanner(set_tasks=4)


@pytest.fixture
def other(site: Site) -> Holder:
    return site.scanner(set_tasks=4)


@pytest.fixture
def scan(site: Site, one: Holder, other: Holder) -> int:
    return site.scan(f"s{one.scanner}", f"s{other.scanner}", targets="10.0.0.0/29", size=8)


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def send(site: Site, holder: Holder, lease: Lease, batch: int = 1) -> None:
    rows = '[{"host":"10.0.0.1","port":22,"state":"open"}]'
    site.tasks.results(holder, lease.task, lease.attempt, batch=batch, count=1, rows=rows)


def stored(site: Site, scan: int) -> list[tuple[int, bool]]:
    stream = site.client.xrange(site.keys.of("scan", scan, "results"))
    return [(int(fields["attempt"]), bool(fields["late"])) for _, fields in stream]


def test_a_lost_answer_is_given_again(site: Site, scan: int, one: Holder) -> None:
    """The same request gets the same job until it is started, and nothing new."""
    site.scan(f"s{one.scanner}", size=1)
    (lease,) = site.claim(one, request="r1", limit=1)

    assert [x.task for x in site.claim(one, request="r1", limit=10)] == [lease.task]
    site.tasks.start(one, lease.task, 1)
    assert lease.task not in [x.task for x in site.claim(one, request="r1", limit=10)]
    assert lease.scan == scan


def test_what_another_has_is_not_given_again(site: Site) -> None:
    """A request repeated gets none of what its scanner gave back, started or not."""
    one, other = site.scanner(set_tasks=3), site.scanner()
    site.scan(f"s{one.scanner}", f"s{other.scanner}", size=1)
    leases = site.claim(one, limit=3, request="r")
    for lease in leases[1:]:
        site.tasks.start(one, lease.task, None)
    for lease in leases[:2]:
        site.tasks.release(one, lease.task, None, done=0)
    taken = site.claim(other, limit=2)
    fresh = site.claim(one, request="r")

    assert {lease.task for lease in taken} == {lease.task for lease in leases[:2]}
    assert {lease.task for lease in fresh}.isdisjoint(lease.task for lease in leases)


def test_who_gave_back_has_lost(site: Site, scan: int, one: Holder) -> None:
    """Also as long as nobody else has the task."""
    lease = started(site, one)
    site.tasks.release(one, lease.task, None, done=0)

    with pytest.raises(LeaseLost):
        site.finish(one, lease)
    assert site.record(scan)["open"] == "8"


def test_an_unstarted_claim_expires_without_a_strike(site: Site, scan: int, one: Holder) -> None:
    """Claims whose answer was lost come back however often, and quarantine nothing."""
    for attempt in range(1, 8):
        (lease,) = site.claim(one)
        assert lease.attempt == attempt
        site.pass_time(70)

    assert site.record(scan)["expired"] == "7"
    assert site.record(scan)["open"] == "8"


def test_three_strikes_quarantine(site: Site, scan: int, one: Holder) -> None:
    """A task that is lost three times after its start fails, and raises an alarm."""
    for _ in range(3):
        started(site, one)
        site.pass_time(130)

    assert site.record(scan)["status"] == "failed"
    assert site.scans.covered(site.keys, scan)["failed"] == [(0, 8)]
    kinds = [a["kind"] for a in site.alarms.some(site.keys, state="", limit=9, cursor="").items]
    assert kinds == ["task-quarantined"]
    (task,) = site.scans.tasks(site.keys, scan, limit=9, cursor="").items
    with pytest.raises(LeaseLost):
        site.tasks.complete(one, int(task["id"]), 3, status="failed", results=0, message="")


def test_a_late_holder_renews(site: Site, scan: int, one: Holder) -> None:
    """A lease ends when a sweep takes it, not by the clock alone."""
    lease = started(site, one)
    site.clock.forward(25)
    for _ in range(20):
        site.clock.forward(25)
        site.tasks.progress(one, lease.task, 1, done=0, results=0)
        site.sweep()

    assert site.record(scan)["running"] == "1"


def test_the_store_was_away(site: Site, scan: int, one: Holder) -> None:
    """Where no sweep ran for long, a living fleet first gets a lease more."""
    lease = started(site, one)
    site.clock.forward(3600)
    site.sweep()

    site.tasks.progress(one, lease.task, 1, done=1, results=0)
    site.pass_time(240)
    assert site.record(scan)["expired"] == "1"


def test_the_servers_clock_went_back(site: Site, scan: int, one: Holder) -> None:
    """A node that lags has taken over: it sweeps by its own clock, and knows of its own silence."""
    started(site, one)
    site.sweep()
    site.clock.forward(-600)
    site.sweep()
    assert site.client.hget(site.keys.root, "swept") == str(site.clock.ms)

    site.clock.forward(400)
    site.sweep()
    assert site.record(scan)["expired"] == "0"


@pytest.mark.usefixtures("scan")
def test_claims_look_again_after_the_clock_went_back(site: Site, one: Holder) -> None:
    """What ran out is found once a second, by any clock."""
    site.clock.forward(3600)
    site.claim(one)
    site.clock.forward(-3600)
    site.claim(one)

    assert site.client.hget(site.keys.root, "swept") == str(site.clock.ms)


@pytest.mark.usefixtures("scan")
def test_a_lease_of_nobody_is_in_nobodys_way(site: Site, one: Holder) -> None:
    """A store that lost a task's record goes on, and forgets its lease."""
    (lease,) = site.claim(one, limit=1)
    site.client.delete(site.keys.of("task", lease.task))
    site.pass_time(130)

    assert site.sweep() == 0
    assert site.claim(one) is not None
    assert site.client.zscore(site.keys.of("leases"), lease.task) is None


@pytest.mark.parametrize("every", [5, 29, 31, 120])
def test_late_sweeps_still_take_back(site: Site, scan: int, one: Holder, every: int) -> None:
    """However rarely the sweep runs, a dead scanner's task comes back in the end."""
    started(site, one)
    for _ in range(0, 900, every):
        site.clock.forward(every)
        site.sweep()

    assert site.record(scan)["expired"] == "1"


def test_an_outage_raises_no_alarms(site: Site, scan: int, one: Holder) -> None:
    """After the store was away nobody is offline or stalled by the time that passed."""
    lease = started(site, one)
    site.sweep()
    site.clock.forward(1200)
    site.sweep()
    site.upkeep.mark_offline(site.keys, 90_000)
    site.upkeep.check_stalls(site.keys, 14_400_000)
    site.upkeep.check_scans(site.keys, 900_000)

    assert site.alarms.some(site.keys, state="", limit=9, cursor="").items == []
    site.tasks.progress(one, lease.task, 1, done=1, results=0)
    assert site.record(scan)["running"] == "1"


def test_nothing_is_done_before_the_start(site: Site, scan: int, one: Holder) -> None:
    """A claimed job can be released, but not with addresses done."""
    (lease,) = site.claim(one)
    with pytest.raises(InvalidTransition):
        site.tasks.release(one, lease.task, 1, done=8)
    site.tasks.release(one, lease.task, 1, done=0)

    assert site.record(scan)["open"] == "8"


def test_lost_attempt_is_fenced(site: Site, scan: int, one: Holder, other: Holder) -> None:
    """Who lost a task changes nothing any more, and its findings are kept, marked late."""
    lost = started(site, one)
    send(site, one, lost)
    site.pass_time(130)
    (held,) = site.claim(other)
    assert (held.task, held.attempt) == (lost.task, 2)

    for call in (
        lambda: site.tasks.start(one, lost.task, 1),
        lambda: site.tasks.progress(one, lost.task, None, done=1, results=0),
        lambda: send(site, one, lost, batch=2),
        lambda: site.tasks.release(one, lost.task, 1, done=0),
        lambda: site.tasks.complete(one, lost.task, 1, status="failed", results=0, message=""),
    ):
        with pytest.raises(LeaseLost):
            call()
    assert site.heartbeat(one, (lost.task, 1)) == {lost.task: "lease_lost"}
    assert stored(site, scan) == [(1, False), (1, True)]
    with pytest.raises(LeaseLost):
        send(site, one, lost, batch=2)
    assert len(stored(site, scan)) == 2
    site.finish(other, held)
    assert site.record(scan)["status"] == "completed"


def test_who_never_held_it(site: Site, scan: int, one: Holder, other: Holder) -> None:
    """Another scanner's job is not owned; one that never was is not found."""
    lease = started(site, one)
    for call in (
        lambda: site.tasks.start(other, lease.task, None),
        lambda: site.tasks.progress(other, lease.task, None, done=1, results=0),
        lambda: send(site, other, lease),
        lambda: site.tasks.release(other, lease.task, None, done=0),
        lambda: site.tasks.complete(
            other, lease.task, None, status="completed", results=0, message=""
        ),
    ):
        with pytest.raises(JobNotOwned):
            call()
    with pytest.raises(JobNotFound):
        site.tasks.start(one, 17, None)

    assert stored(site, scan) == []
    assert site.heartbeat(other, (lease.task, None), (17, None)) == {
        lease.task: "lease_lost",
        17: "lease_lost",
    }


def test_nothing_before_start(site: Site, scan: int, one: Holder) -> None:
    """Progress, results and complete of a job that is merely claimed are refused."""
    (lease,) = site.claim(one)
    for call in (
        lambda: site.tasks.progress(one, lease.task, 1, done=1, results=0),
        lambda: send(site, one, lease),
        lambda: site.tasks.complete(one, lease.task, 1, status="completed", results=0, message=""),
    ):
        with pytest.raises(InvalidTransition):
            call()

    assert site.record(scan)["status"] == "pending"


def test_after_the_end(site: Site, scan: int, one: Holder) -> None:
    """The same outcome again is harmless, another is refused; late results are kept."""
    lease = started(site, one)
    site.tasks.complete(one, lease.task, 1, status="completed", results=0, message="")

    site.tasks.complete(one, lease.task, None, status="completed", results=0, message="")
    send(site, one, lease)
    assert stored(site, scan) == [(1, True)]
    for call in (
        lambda: site.tasks.complete(one, lease.task, 1, status="failed", results=0, message=""),
        lambda: site.tasks.progress(one, lease.task, 1, done=1, results=0),
        lambda: site.tasks.start(one, lease.task, 1),
        lambda: site.tasks.release(one, lease.task, 1, done=0),
    ):
        with pytest.raises(InvalidTransition):
            call()
    assert site.record(scan)["status"] == "completed"


def test_batches_are_kept_once_and_in_order(site: Site, scan: int, one: Holder) -> None:
    """A batch sent again is accepted and not stored again; a gap is refused."""
    lease = started(site, one)
    send(site, one, lease, batch=1)
    send(site, one, lease, batch=1)
    send(site, one, lease, batch=2)
    with pytest.raises(BatchGap):
        send(site, one, lease, batch=4)

    assert len(stored(site, scan)) == 2
    assert site.record(scan)["results"] == "2"


def test_release_counts_what_is_done(site: Site, scan: int, one: Holder, other: Holder) -> None:
    """The first hostsDone addresses are done, the rest is handed out again; no strike."""
    lease = started(site, one)
    site.tasks.release(one, lease.task, 1, done=3)
    site.tasks.release(one, lease.task, 1, done=3)

    (rest,) = site.claim(other)
    assert (rest.task, rest.attempt, rest.first, rest.last) == (lease.task, 2, 3, 8)
    site.tasks.start(other, rest.task, 2)
    site.tasks.release(other, rest.task, 2, done=5)
    assert site.record(scan)["status"] == "completed"
    assert site.scans.covered(site.keys, scan)["done"] == [(0, 8)]


def test_a_returned_slice_that_does_not_fit_is_cut(site: Site) -> None:
    """The first part keeps the id, the rest goes back in front, without it."""
    big, small = site.scanner(), site.scanner(set_targets=3, set_tasks=3)
    scan = site.scan(f"s{big.scanner}", f"s{small.scanner}", targets="10.0.0.0/29", size=8)
    lease = started(site, big)
    site.tasks.release(big, lease.task, 1, done=0)

    (part,) = site.claim(small)
    assert (part.task, part.first, part.last) == (lease.task, 0, 3)
    site.finish(small, part)
    (rest,) = site.claim(small)
    assert (rest.task != part.task, rest.attempt) == (True, 1)
    assert (rest.first, rest.last, site.record(scan)["open"]) == (3, 6, "2")


def test_cancel_drops_what_is_open_and_keeps_what_ends(site: Site, one: Holder) -> None:
    """In flight tasks are told to stop, and count; the scan is canceled with the last of them."""
    scan = site.scan(f"s{one.scanner}", targets="10.0.0.0/24", size=4)
    first, second, third, fourth = site.claim(one)
    for lease in (first, second, third):
        site.tasks.start(one, lease.task, 1)
    site.scans.cancel(site.keys, scan, reason="test")
    site.scans.cancel(site.keys, scan, reason="again")

    assert site.record(scan)["status"] == "canceling"
    assert site.tasks.progress(one, first.task, 1, done=1, results=0).control == "cancel"
    assert site.heartbeat(one, (second.task, 1)) == {second.task: "cancel"}
    assert site.claim(one) == []
    site.tasks.complete(one, first.task, 1, status="completed", results=1, message="")
    site.tasks.release(one, second.task, 1, done=1)
    site.pass_time(130)
    record = site.record(scan)
    assert (record["status"], record["done"], record["dropped"]) == ("canceled", "5", "251")
    with pytest.raises(LeaseLost):
        site.tasks.start(one, fourth.task, 1)


def test_retry_failed_hands_out_again(site: Site, one: Holder) -> None:
    """Where the scan asks for it, a reported failure is a strike and not the end."""
    scan = site.scan(f"s{one.scanner}", targets="10.0.0.0/31", size=2, retry_failed="1")
    for attempt in (1, 2):
        (lease,) = site.claim(one)
        assert lease.attempt == attempt
        site.finish(one, lease, "failed")
    assert site.record(scan)["status"] == "running"
    (lease,) = site.claim(one)
    site.finish(one, lease, "failed")

    assert site.record(scan)["status"] == "failed"


def test_a_retry_goes_to_another_scanner_first(site: Site, one: Holder, other: Holder) -> None:
    """Who failed a slice a moment ago gets it again only if nobody else takes it for 30 s."""
    group = site.group(one, other)
    one, other = site.holder(one.scanner), site.holder(other.scanner)
    site.heartbeat(one)
    site.heartbeat(other)
    site.scan(f"g{group}", targets="10.0.0.0/31", size=2, retry_failed="1")
    (lease,) = site.claim(one)
    site.finish(one, lease, "failed")

    assert site.claim(one) == []
    assert [x.task for x in site.claim(other)] == [lease.task]
    site.tasks.release(other, lease.task, 2, done=0)
    site.pass_time(40)
    assert [x.task for x in site.claim(one)] == [lease.task]


def test_a_failing_scanner_waits(site: Site, one: Holder) -> None:
    """Three failures in a row and more: 2, 4, 8 … up to 300 s between claims, until one is good."""
    site.scan(f"s{one.scanner}", targets="10.0.0.0/24", size=1)
    waits = []
    for _ in range(14):
        claimed = site.tasks.claim(one, limit=1)
        if not claimed.leases:
            waits.append(claimed.wait_ms // 1000)
            site.pass_time(claimed.wait_ms // 1000 + 10)
            claimed = site.tasks.claim(one, limit=1)
        site.finish(one, claimed.leases[0], "failed")

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    site.pass_time(310)
    (lease,) = site.claim(one, limit=1)
    site.finish(one, lease)
    assert len(site.claim(one, limit=1)) == 1


def test_names_that_fail_are_no_fault_of_the_scanner(site: Site, one: Holder) -> None:
    """However many names cannot be resolved, the scanner goes on."""
    names = [f"host-{number}.example" for number in range(9)]
    scan = site.scan(f"s{one.scanner}", targets=names)
    for _ in names:
        site.finish(one, site.claim(one, limit=1)[0], "failed")

    assert site.record(scan)["failed"] == "9"
    assert site.alarms.some(site.keys, state="", limit=9, cursor="").items == []


def test_stalled_task(site: Site, scan: int, one: Holder) -> None:
    """Renewed but without progress: an alarm, then taken back; progress clears the alarm."""
    lease = started(site, one)

    def kinds() -> list[tuple[str, bool]]:
        alarms = site.alarms.some(site.keys, state="", limit=9, cursor="").items
        return [(a["kind"], "cleared" in a) for a in alarms]

    def quiet(seconds: int) -> None:
        for _ in range(0, seconds, 25):
            site.clock.forward(25)
            site.sweep()
            site.heartbeat(one, (lease.task, 1))
            site.upkeep.check_stalls(site.keys, 14_400_000)

    quiet(875)
    assert kinds() == []
    quiet(50)
    assert kinds() == [("task-stalled", False)]
    site.tasks.progress(one, lease.task, 1, done=1, results=0)
    assert kinds() == [("task-stalled", True)]
    quiet(900 + 14_400 + 50)
    assert site.record(scan)["expired"] == "1"


def test_stalled_and_stuck_scans(site: Site, scan: int, one: Holder) -> None:
    """A running scan that does not move raises an alarm, another one if nothing of it is left."""
    started(site, one)
    for _ in range(40):
        site.clock.forward(25)
        site.sweep()
        site.upkeep.check_scans(site.keys, 900_000)
    alarms = site.alarms.some(site.keys, state="", limit=9, cursor="").items
    assert [a["kind"] for a in alarms] == ["scan-stalled"]

    site.client.hset(site.keys.of("scan", scan), mapping={"open": 0, "in_flight": 0})
    site.upkeep.check_scans(site.keys, 900_000)
    alarms = site.alarms.some(site.keys, state="", limit=9, cursor="").items
    assert [a["kind"] for a in alarms] == ["scan-stuck", "scan-stalled"]


def test_offline_takes_no_work(site: Site, scan: int, one: Holder) -> None:
    """A silent scanner goes offline, keeps its tasks, and is online with its next call."""
    lease = started(site, one)
    site.clock.forward(95)
    site.upkeep.mark_offline(site.keys, 90_000)

    record = site.scanners.get(site.keys, one.scanner)
    assert record is not None
    assert record["online"] == "0"
    site.tasks.progress(one, lease.task, 1, done=1, results=0)
    record = site.scanners.get(site.keys, one.scanner)
    assert record is not None
    assert record["online"] == "1"
    assert site.record(scan)["running"] == "1"


@pytest.mark.usefixtures("scan")
def test_who_was_handed_something_is_heard_of_a_second_later(site: Site, one: Holder) -> None:
    """Within the second only where it went offline meanwhile."""
    site.claim(one, limit=1)
    site.upkeep.mark_offline(site.keys, 0)
    site.heartbeat(one)
    record = site.scanners.get(site.keys, one.scanner)
    site.clock.forward(1)
    site.heartbeat(one)

    assert record is not None
    assert record["online"] == "1"
    assert site.client.zscore(site.keys.of("online"), str(one.scanner)) == site.clock.ms


def test_a_changed_record_is_noticed_before_anything_is_written(
    site: Site, scan: int, one: Holder
) -> None:
    """Every call with an old version of the scanner's record answers stale."""
    (lease,) = site.claim(one)
    site.scanners.save(site.keys, one.scanner, {"name": "new"})
    for call in (
        lambda: site.claim(one),
        lambda: site.tasks.start(one, lease.task, 1),
        lambda: site.tasks.progress(one, lease.task, 1, done=1, results=0),
        lambda: send(site, one, lease),
        lambda: site.tasks.release(one, lease.task, 1, done=0),
        lambda: site.tasks.complete(one, lease.task, 1, status="failed", results=0, message=""),
        lambda: site.heartbeat(one),
    ):
        with pytest.raises(StaleRecord):
            call()

    assert site.record(scan)["claimed"] == "1"


def test_ids_are_never_given_twice(site: Site, one: Holder) -> None:
    """A store that lost its last second goes on above every id that it gave."""
    site.scan(f"s{one.scanner}", targets="10.0.0.0/24", size=1)
    before = [lease.task for lease in site.claim(one)]
    site.client.hdel(site.keys.root, "last_id")
    site.clock.forward(1)
    fresh = site.scanner()
    site.scan(f"s{fresh.scanner}", size=1)
    after = [lease.task for lease in site.claim(fresh)]

    assert min(after) > max(before)


def test_engine_and_parking(site: Site) -> None:
    """A scan that nobody online can do makes room, and comes back in its own place."""
    plain, able = site.scanner(set_tasks=1), site.scanner(set_tasks=1)
    group = site.group(plain, able, cap=1)
    plain, able = site.holder(plain.scanner), site.holder(able.scanner)
    first = site.scan(f"g{group}", size=1, engine="nmap")
    second = site.scan(f"g{group}", size=1)
    site.heartbeat(plain, engines="connect")

    (lease,) = site.claim(plain)
    assert lease.scan == second
    assert site.scans.explain(site.keys, first)[0] == "NO_SCANNER_WITH_ENGINE"
    site.heartbeat(able, engines="connect,nmap")
    (lease,) = site.claim(able)
    assert lease.scan == first
