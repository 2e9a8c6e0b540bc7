"""Scans cut anew: what changed rules do to what is open, to what is out, and to what comes back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from domain.errors import RulesChanged, ScanToBeRecut
from queues.exchange import Holder, Lease, Report
from queues.openings import Opening
from queues.recuts import Adoption, InFlight, Recut, Uncut
from queues.rules import RuleKind
from tests.integration.conftest import Site


@pytest.fixture
def scanner(site: Site) -> Holder:
    """One that takes a /24 in one task, or in eight."""
    return site.scanner(set_targets=1024, set_tasks=8, set_jobs=3)


def own(holder: Holder) -> str:
    return f"s{holder.scanner}"


def rule(site: Site, kind: RuleKind, cidr: str) -> int:
    return site.rules.store.save(site.keys, kind, None, {"cidr": cidr})[0]


def blocked(site: Site, scan: int) -> list[str]:
    return site.client.zrange(site.keys.of("scan", scan, "blocked"), 0, -1)


def ready(site: Site, holder: Holder) -> list[str]:
    return site.client.zrange(site.keys.of("queue", own(holder), "ready"), 0, -1)


def marks(site: Site, lease: Lease) -> tuple[str | None, str | None]:
    """Whether its holder is told to cancel, and whether it is cut anew when it comes back."""
    record = site.tasks.get(site.keys, lease.task)
    assert record is not None
    return record.get("cancel"), record.get("recut")


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def release(site: Site, holder: Holder, lease: Lease) -> None:
    site.tasks.release(holder, lease.task, lease.attempt, done=0)


def cuts(site: Site, scan: int) -> tuple[str | None, str | None]:
    """The version that it was cut under, and how often it was cut anew."""
    record = site.record(scan)
    return record.get("rules"), record.get("cuts")


def test_a_new_scan_is_cut_where_limits_begin_and_end(site: Site, scanner: Holder) -> None:
    """Its intervals carry the subnets around them, outermost first, and are not cut again."""
    outer, inner = site.subnet("10.0.0.0/25", 9), site.subnet("10.0.0.64/28", 9)
    scan = site.scan(own(scanner))

    assert site.opened(scan) == [
        f"0:64:0::{outer}",
        f"64:80:0::{outer},{inner}",
        f"80:128:0::{outer}",
        "128:256:0::",
    ]
    site.tasks.claim(scanner, limit=1)
    assert cuts(site, scan) == ("2", None)


def test_a_scan_cut_under_older_rules_is_not_created(site: Site, scanner: Holder) -> None:
    """Whoever cut it reads the rules again."""
    old = site.rules.of(site.keys)
    rule(site, "exclusion", "10.0.0.0/30")
    site.rules.of = lambda _: old  # type: ignore[method-assign]
    with pytest.raises(RulesChanged):
        site.scan(own(scanner))

    assert site.client.exists(site.keys.of("scans")) == 0


def test_a_claim_hands_nothing_out_under_older_rules(site: Site, scanner: Holder) -> None:
    """It names the scan; once that is cut anew it is handed out, and not cut again."""
    scan = site.scan(own(scanner), size=4)
    rule(site, "exclusion", "10.0.0.0/30")
    with pytest.raises(ScanToBeRecut) as refused:
        site.tasks.claim(scanner, limit=1)
    assert refused.value.scan == scan
    site.recutting.recut(site.keys, scan)

    assert [lease.first for lease in site.tasks.claim(scanner, limit=2).leases] == [4, 8]
    assert cuts(site, scan) == ("1", "1")


def test_what_waits_for_a_limit_is_cut_anew_by_who_finds_nothing(
    site: Site, scanner: Holder
) -> None:
    """Once, by one that waits for it itself."""
    site.subnet("10.0.0.0/24", 1)
    scan = site.scan(own(scanner), size=4)
    other, full = site.scanner(set_tasks=2), site.scanner(set_tasks=1)
    behind = site.scan(own(other), own(full), size=4)
    for one in (scanner, full):
        site.scan(own(one), targets="10.9.0.0/24", size=4)
    assert [lease.scan for lease in site.tasks.claim(scanner, limit=1).leases] == [scan]
    assert site.tasks.claim(other, limit=1).leases == []
    assert len(site.tasks.claim(full, limit=1).leases) == 1
    assert (len(blocked(site, behind)), site.opened(behind)) == (1, [])
    rule(site, "exclusion", "10.0.0.128/25")
    assert site.tasks.claim(full, limit=1).leases == []
    with pytest.raises(ScanToBeRecut) as refused:
        site.tasks.claim(other, limit=1)
    assert refused.value.scan == behind
    site.recutting.recut(site.keys, behind)
    for _ in range(2):
        assert site.tasks.claim(other, limit=1).leases == []

    assert (site.record(behind)["excluded"], cuts(site, behind)) == ("128", ("2", "1"))


def test_a_full_scanner_cuts_nothing_anew(site: Site) -> None:
    """It is for one that can take what is open then."""
    scanner = site.scanner(set_tasks=1)
    scan = site.scan(own(scanner), size=4)
    assert len(site.claim(scanner)) == 1
    rule(site, "exclusion", "10.0.0.8/30")

    assert site.tasks.claim(scanner, limit=1).leases == []
    assert cuts(site, scan) == (None, None)


def test_who_reports_about_a_scan_cut_under_older_rules_is_heard(
    site: Site, scanner: Holder
) -> None:
    """By progress and by heartbeat: its lease is renewed, and the scan named until it is cut."""
    scan = site.scan(own(scanner), size=4)
    lease = started(site, scanner)
    other = site.scan(own(scanner), targets="10.0.9.0/24", size=4)
    (beside,) = site.claim(scanner, limit=1)
    rule(site, "exclusion", "10.0.0.2/32")
    site.recutting.recut(site.keys, other)
    holds = [(lease.task, 1), (beside.task, 1)]
    expires = []
    for _ in range(2):
        site.clock.forward(9)
        told = site.tasks.progress(scanner, lease.task, 1, done=1, results=0)
        expires.append(site.client.zscore(site.keys.of("leases"), lease.task))
        site.clock.forward(9)
        beaten = site.tasks.heartbeat(scanner, Report(), holds)
        expires.append(site.client.zscore(site.keys.of("leases"), lease.task))
        assert (told.control, told.outdated) == ("continue", {scan})
        assert (beaten.control, beaten.outdated) == ({}, {scan})
    assert [later - earlier for earlier, later in pairwise(expires)] == [9000] * 3
    site.recutting.recut(site.keys, scan)
    told = site.tasks.progress(scanner, lease.task, 1, done=1, results=0)
    beaten = site.tasks.heartbeat(scanner, Report(), holds)

    assert (told.control, told.outdated) == ("cancel", frozenset())
    assert (beaten.control, beaten.outdated) == ({lease.task: "cancel"}, frozenset())


def test_only_a_scan_that_goes_on_is_cut_anew(site: Site, scanner: Holder) -> None:
    """A paused one keeps its version until it is resumed; its holders are told to pause."""
    scan = site.scan(own(scanner), size=4)
    lease = started(site, scanner)
    site.scans.pause(site.keys, scan, reason="test")
    rule(site, "exclusion", "10.0.0.8/30")
    site.recutting.recut(site.keys, scan)
    assert cuts(site, scan) == (None, None)
    beaten = site.tasks.heartbeat(scanner, Report(), [(lease.task, 1)])
    assert (beaten.control, beaten.outdated) == ({lease.task: "pause"}, frozenset())
    told = site.tasks.progress(scanner, lease.task, 1, done=0, results=0)
    assert (told.control, told.outdated) == ("pause", frozenset())
    site.scans.resume(site.keys, scan, reason="test")
    beaten = site.tasks.heartbeat(scanner, Report(), [(lease.task, 1)])
    assert (beaten.control, beaten.outdated) == ({}, {scan})
    site.recutting.recut(site.keys, scan)

    assert cuts(site, scan) == ("1", "1")


def test_a_repeated_request_is_given_nothing_that_is_forbidden_now(
    site: Site, scanner: Holder
) -> None:
    """Its scan is cut anew first; where nothing of its answer is left it gets something else."""
    scan = site.scan(own(scanner), size=8)
    first, second = site.claim(scanner, limit=2, request="r")
    rule(site, "exclusion", "10.0.0.0/30")
    with pytest.raises(ScanToBeRecut) as refused:
        site.tasks.claim(scanner, limit=2, request="r")
    assert refused.value.scan == scan
    assert [lease.task for lease in site.claim(scanner, limit=2, request="r")] == [second.task]
    rule(site, "exclusion", "10.0.0.8/30")
    (other,) = site.claim(scanner, limit=1, request="r")

    assert (other.first, other.last) == (16, 24)
    assert [lease.task for lease in site.claim(scanner, limit=1, request="r")] == [other.task]
    assert site.heartbeat(scanner, (first.task, 1), (second.task, 1), (other.task, 1)) == {
        first.task: "cancel",
        second.task: "cancel",
    }


def test_what_is_forbidden_is_excluded_and_stays_so(site: Site, scanner: Holder) -> None:
    """The rest keeps its order, and the first of it the task's id that the whole had."""
    scan = site.scan(own(scanner))
    (lease,) = site.claim(scanner, limit=1)
    release(site, scanner, lease)
    assert site.opened(scan)[0] == f"{lease.first}:{lease.last}:0:{lease.task}:"
    assert (lease.first, lease.last) == (0, 128)
    rules = [rule(site, "exclusion", cidr) for cidr in ("10.0.0.0/30", "10.0.0.64/27")]
    site.recutting.recut(site.keys, scan)
    for one in rules:
        site.rules.store.delete(site.keys, "exclusion", one)
    site.recutting.recut(site.keys, scan)

    assert site.opened(scan) == [f"4:64:0:{lease.task}:", "96:128:0::", "128:256:0::"]
    assert site.scans.covered(site.keys, scan)["excluded"] == [(0, 4), (64, 96)]
    assert (site.record(scan)["open"], site.record(scan)["excluded"]) == ("220", "36")


def test_what_is_open_comes_before_what_was_set_aside(site: Site, scanner: Holder) -> None:
    """All of it is open then, cut by the rules of now, and the scan is ready again."""
    first, second = (site.subnet(f"10.0.0.{at}/26", 1) for at in (0, 64))
    busy = site.scan(own(scanner), targets="10.0.0.0/25", size=64)
    assert [lease.scan for lease in site.claim(scanner, limit=2)] == [busy, busy]
    other = site.scanner(set_targets=64, set_tasks=1, set_jobs=1)
    scan = site.scan(own(other), size=64)
    (lease,) = site.claim(other)
    aside = [f"0:64:0::{first}", f"64:128:0::{second}"]
    assert (lease.first, blocked(site, scan), site.opened(scan)) == (128, aside, ["192:256:0::"])
    rule(site, "exclusion", "10.0.0.192/26")
    site.recutting.recut(site.keys, scan)

    assert (site.opened(scan), blocked(site, scan)) == (aside, [])
    assert ready(site, other) == [str(scan)]


def test_a_scan_of_which_all_is_set_aside_is_ready_again(site: Site, scanner: Holder) -> None:
    """A limit that has gone holds up nothing, whoever brings the news."""
    subnet = site.subnet("10.0.0.0/25", 1)
    site.scan(own(scanner), targets="10.0.0.0/25")
    site.claim(scanner, limit=1)
    other = site.scanner(set_targets=1024, set_tasks=2)
    scan = site.scan(own(other), targets=["10.0.0.0/25", "10.0.1.0/24"], size=256)
    (lease,) = site.claim(other, limit=1)
    site.tasks.start(other, lease.task, 1)
    assert site.claim(other) == []
    assert (site.opened(scan), len(blocked(site, scan)), ready(site, other)) == ([], 1, [])
    site.rules.store.delete(site.keys, "subnet", subnet)
    site.recutting.recut(site.keys, scan)

    assert (site.opened(scan), ready(site, other)) == (["0:128:0::"], [str(scan)])


def test_a_task_of_which_nothing_is_left_has_ended(site: Site, scanner: Holder) -> None:
    """What was excluded before and what is now are one."""
    scan = site.scan(own(scanner), size=8)
    (lease,) = site.claim(scanner, limit=1)
    release(site, scanner, lease)
    for cidr in ("10.0.0.0/30", "10.0.0.4/30", "10.0.0.8/30"):
        rule(site, "exclusion", cidr)
        site.recutting.recut(site.keys, scan)
    record = site.tasks.get(site.keys, lease.task)

    assert record is not None
    assert (record["status"], "finished" in record) == ("canceled", True)
    assert site.opened(scan) == ["12:256:0::"]
    assert site.client.zrange(site.keys.of("scan", scan, "excluded"), 0, -1) == ["0:12"]
    assert site.record(scan)["excluded"] == "12"


def test_what_a_deleted_limit_granted_is_forgotten(site: Site, scanner: Holder) -> None:
    """Also by a task that never heard of it, and ends."""
    subnet = site.subnet("10.0.0.0/24", 7)
    site.scan(own(scanner), size=8)
    lease = started(site, scanner)
    site.rules.store.delete(site.keys, "subnet", subnet)
    release(site, scanner, lease)

    assert site.client.keys("*:subnet:*") == []


def test_a_scan_with_nothing_left_ends(site: Site, scanner: Holder) -> None:
    """It has left its queues; that addresses were excluded is said."""
    plain, excluded = (site.scan(own(scanner), targets=f"10.0.{i}.0/30", size=4) for i in (0, 1))
    rule(site, "exclusion", "10.0.1.0/24")
    for lease in site.claim(scanner):
        site.finish(scanner, lease)
    records = [site.record(scan) for scan in (plain, excluded)]

    assert [record["status"] for record in records] == ["completed", "completed"]
    assert records[0]["reason"] == "every address is done"
    assert records[1]["reason"] == "all of it is excluded"
    assert records[1]["open"] == "0"
    assert ready(site, scanner) == []


def test_a_scan_of_which_only_tasks_are_left_is_not_ready(site: Site, scanner: Holder) -> None:
    """It ends with the last of them."""
    scan = site.scan(own(scanner), size=4)
    lease = started(site, scanner)
    rule(site, "exclusion", "10.0.0.128/25")
    rule(site, "exclusion", "10.0.0.0/25")
    site.recutting.recut(site.keys, scan)
    assert (site.opened(scan), ready(site, scanner)) == ([], [])
    assert site.record(scan)["status"] == "running"
    site.finish(scanner, lease)

    assert site.record(scan)["status"] == "completed"


def test_who_touches_an_exclusion_is_told_to_cancel(site: Site, scanner: Holder) -> None:
    """Others go on; what comes back is cut anew, and whoever gets the rest goes on as well."""
    scan = site.scan(own(scanner), size=8)
    touched, beside = site.claim(scanner, limit=2)
    for lease in (touched, beside):
        site.tasks.start(scanner, lease.task, 1)
    rule(site, "exclusion", "10.0.0.0/30")
    site.recutting.recut(site.keys, scan)
    told = site.heartbeat(scanner, (touched.task, 1), (beside.task, 1))
    assert told == {touched.task: "cancel"}
    assert (marks(site, touched), marks(site, beside)) == (("1", "1"), (None, None))
    release(site, scanner, beside)
    assert cuts(site, scan) == ("1", "1")
    release(site, scanner, touched)
    assert cuts(site, scan) == ("-1", "1")
    (again,) = site.claim(scanner, limit=1)

    assert (again.task, again.attempt, again.first, again.last) == (touched.task, 2, 4, 8)
    assert marks(site, again) == (None, None)
    assert site.heartbeat(scanner, (again.task, 2)) == {}
    release(site, scanner, again)
    assert cuts(site, scan) == ("1", "2")


def test_what_crosses_a_new_border_is_cut_when_it_comes_back(site: Site, scanner: Holder) -> None:
    """It goes on until then."""
    scan = site.scan(own(scanner), size=8)
    lease = started(site, scanner)
    subnet = site.subnet("10.0.0.0/30", 5)
    site.recutting.recut(site.keys, scan)
    assert marks(site, lease) == (None, "1")
    assert site.heartbeat(scanner, (lease.task, 1)) == {}
    release(site, scanner, lease)
    leases = [lease for _ in range(2) for lease in site.claim(scanner, limit=1)]

    assert [(one.first, one.last, one.rate) for one in leases] == [(0, 4, 5), (4, 8, None)]
    assert site.client.hgetall(site.keys.of("subnet", subnet, "grants"))["all"] == "5"


def test_a_name_that_is_out_is_to_be_found_anew(site: Site, scanner: Holder) -> None:
    """Which of its addresses may be scanned, only its scanner can tell."""
    scan = site.scan(own(scanner), targets="host.example.org", size=1)
    lease = started(site, scanner)
    rule(site, "exclusion", "192.0.2.0/24")
    site.recutting.recut(site.keys, scan)

    assert site.heartbeat(scanner, (lease.task, 1)) == {lease.task: "cancel"}


def test_what_is_out_counts_against_a_new_limit(site: Site) -> None:
    """Once, also where it is above it; what ends gives it back."""
    scanner = site.scanner(set_targets=1024, rate=40)
    scan = site.scan(own(scanner), size=8)
    leases = site.claim(scanner, limit=2)
    subnet = site.subnet("10.0.0.0/24", 70)
    record, granted = site.keys.of("subnet", subnet), site.keys.of("subnet", subnet, "grants")
    for _ in range(2):
        site.recutting.recut(site.keys, scan)
        rule(site, "exclusion", f"10.1.{_}.0/24")
    assert site.client.hgetall(granted) == {str(scanner.scanner): "80", "all": "80"}
    assert site.client.hget(record, "peak") == "80"
    site.finish(scanner, leases[0])
    assert site.client.hget(granted, "all") == "40"
    site.finish(scanner, leases[1])

    assert site.client.exists(granted) == 0


def test_a_peak_does_not_fall(site: Site) -> None:
    """It is the most that was out since the limit was set, not what is out now."""
    fast, slow = site.scanner(rate=40, set_tasks=2, set_jobs=2), site.scanner(rate=20)
    subnet = site.subnet("10.0.0.0/24", 100)
    site.scan(own(fast), size=8)
    late = site.scan(own(slow), targets="10.0.1.0/29", size=8)
    leases = [*site.claim(fast), *site.claim(slow)]
    assert [lease.rate for lease in leases] == [40, 40, 20]
    site.rules.store.save(site.keys, "subnet", subnet, {"rate": 10})
    site.finish(fast, leases[0])
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.0/23"})
    site.recutting.recut(site.keys, late)

    assert site.client.hget(site.keys.of("subnet", subnet, "grants"), "all") == "60"
    assert site.client.hget(site.keys.of("subnet", subnet), "peak") == "80"


def test_a_limit_that_has_moved_counts_no_task_elsewhere(site: Site) -> None:
    """A task that comes back and is handed out again has the subnets of then."""
    scanner = site.scanner(set_targets=1024, rate=40)
    subnet = site.subnet("10.0.0.0/29", 100)
    site.scan(own(scanner), size=8)
    first = started(site, scanner)
    site.rules.store.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.8/29"})
    release(site, scanner, first)
    again, inside = site.claim(scanner, limit=2)
    assert (again.task, again.first, inside.first) == (first.task, 0, 8)
    site.finish(scanner, again)

    assert site.client.hget(site.keys.of("subnet", subnet, "grants"), "all") == "40"


def test_what_comes_back_is_still_limited(site: Site, scanner: Holder) -> None:
    """It is within the same subnets as before."""
    site.subnet("10.0.0.0/24", 7)
    site.scan(own(scanner), size=8)
    first = started(site, scanner)
    release(site, scanner, first)
    (again,) = site.claim(scanner, limit=1)

    assert (again.task, again.rate, again.rated_by) == (first.task, 7, "subnet 10.0.0.0/24")


def stale(site: Site, scanner: Holder) -> tuple[int, Uncut]:
    """A scan cut under older rules, and what is read of it."""
    scan = site.scan(own(scanner), size=8)
    rule(site, "exclusion", "10.0.0.128/25")
    return scan, site.recutting.store.read(site.keys, scan)


def test_only_what_was_read_is_replaced(site: Site, scanner: Holder) -> None:
    """Where rules, cuts, or what is open have changed meanwhile, nothing is."""
    scan, uncut = stale(site, scanner)
    one = Opening(0, 8, 0)
    before = site.record(scan), site.opened(scan)
    for version, found in (
        (2, uncut),
        (1, replace(uncut, rules="-1")),
        (1, replace(uncut, cuts=1)),
        (1, replace(uncut, openings=[])),
        (1, replace(uncut, blocked=[one])),
    ):
        with pytest.raises(RulesChanged):
            site.recutting.store.replace(site.keys, scan, version, found, Recut([one]))

    assert (site.record(scan), site.opened(scan)) == before


def test_a_scan_is_cut_once_a_version(site: Site, scanner: Holder) -> None:
    """Whoever comes second changes nothing."""
    scan, uncut = stale(site, scanner)
    site.recutting.recut(site.keys, scan)
    before = site.record(scan), site.opened(scan)
    site.recutting.store.replace(site.keys, scan, 1, replace(uncut, cuts=1), Recut())

    assert (site.record(scan), site.opened(scan)) == before


def test_a_task_that_has_ended_or_begun_again_is_told_nothing(site: Site, scanner: Holder) -> None:
    """What was read of it is of an earlier attempt."""
    site.scan(own(scanner), targets="10.0.9.0/28", size=8)
    leases = site.claim(scanner, limit=2)
    site.finish(scanner, leases[0])
    scan, uncut = stale(site, scanner)
    out = [InFlight(lease.task, attempt, 0, 8, 0, ()) for attempt, lease in enumerate(leases, 1)]
    adoptions = [Adoption(task, (17,), cancel=True, recut=True) for task in out]
    cut = Recut(list(uncut.openings), adoptions=adoptions)
    site.recutting.store.replace(site.keys, scan, 1, uncut, cut)

    assert [marks(site, lease) for lease in leases] == [(None, None)] * 2
    assert cuts(site, scan) == ("1", "1")


def test_thousands_of_intervals_are_all_there(site: Site, scanner: Holder) -> None:
    """In their order."""
    scan, uncut = stale(site, scanner)
    parts = [Opening(i, i + 1, 0) for i in range(0, 4002, 2)]
    site.recutting.store.replace(site.keys, scan, 1, uncut, Recut(parts))

    assert site.opened(scan) == [part.encode() for part in parts]
