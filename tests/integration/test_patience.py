"""Time and failure: when a lease ends, a task stalls, a scanner waits, an alarm is up."""

from __future__ import annotations

from queues.exchange import Holder, Lease
from tests.integration.conftest import Site


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def test_the_first_acknowledgement_counts(site: Site) -> None:
    """Acknowledging an alarm again keeps the time at which somebody first saw it."""
    scanner = site.scanner()
    site.heartbeat(scanner)
    site.clock.forward(100)
    site.upkeep.mark_offline(site.keys, 90_000)
    store = site.alarms
    (alarm,) = store.some(site.keys, state="raised", limit=9, cursor="").items
    first = store.acknowledge(site.keys, int(alarm["id"]))["acked"]
    site.clock.forward(5)

    assert store.acknowledge(site.keys, int(alarm["id"]))["acked"] == first


def test_failures_in_one_burst_count_once(site: Site) -> None:
    """What was out already when it began to wait does not make it wait longer."""
    scanner = site.scanner(set_tasks=6)
    site.scan(f"s{scanner.scanner}", size=1)
    for lease in site.claim(scanner):
        site.finish(scanner, lease, "failed")

    assert site.tasks.claim(scanner, limit=1).wait_ms == 2000


def test_two_programs_with_one_key_raise_an_alarm(site: Site) -> None:
    """A restart does not: only a boot id that comes back."""
    scanner = site.scanner()

    def kinds() -> list[str]:
        return [a["kind"] for a in site.alarms.some(site.keys, state="", limit=9, cursor="").items]

    for boot in ("b1", "b1", "b2", "b3"):
        site.heartbeat(scanner, boot=boot)
    assert kinds() == []
    site.heartbeat(scanner, boot="b2")
    assert kinds() == ["scanner-duplicated"]


def test_patience_follows_the_size_of_a_task(site: Site) -> None:
    """What takes 400 s at its rate is not stalled before 1,200 s, however often it reports."""
    scanner = site.scanner(set_targets=1024, set_tasks=1)
    site.scan(f"s{scanner.scanner}", targets="10.0.0.0/22", size=400, rate="1")
    lease = started(site, scanner)

    def alarms_after(seconds: int) -> int:
        for _ in range(0, seconds, 25):
            site.clock.forward(25)
            site.tasks.progress(scanner, lease.task, 1, done=0, results=0)
            site.sweep()
        site.upkeep.check_stalls(site.keys, 14_400_000)
        return len(site.alarms.some(site.keys, state="raised", limit=9, cursor="").items)

    assert alarms_after(1150) == 0
    assert alarms_after(100) == 1


def test_a_lease_ends_when_it_ends(site: Site) -> None:
    """Not a millisecond before."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    site.claim(scanner, limit=1)
    for ms in (29_000, 29_000, 1_999):
        site.clock.ms += ms
        site.sweep()
        assert site.record(scan)["expired"] == "0"
    site.clock.ms += 1
    site.sweep()

    assert site.record(scan)["expired"] == "1"


def test_a_stalled_task_is_taken_back_by_its_size(site: Site) -> None:
    """One that takes 10,000 s at its rate has 30,000 s more after the alarm."""
    scanner = site.scanner(set_targets=10_000, set_tasks=1)
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/16", size=10_000, rate="1")
    started(site, scanner)
    stalls = site.keys.of("stalls")
    ((task, first),) = site.client.zrange(stalls, 0, -1, withscores=True)
    site.clock.ms = int(first)
    site.upkeep.check_stalls(site.keys, 14_400_000)

    assert site.client.zscore(stalls, task) == first + 30_000_000
    assert site.record(scan)["expired"] == "0"


def test_a_scan_that_moves_is_not_stalled(site: Site) -> None:
    """However long it has been running."""
    scanner = site.scanner(set_tasks=1)
    site.scan(f"s{scanner.scanner}", size=1)
    for _ in range(50):
        site.clock.forward(25)
        site.sweep()
        lease = started(site, scanner)
        site.tasks.complete(scanner, lease.task, 1, status="completed", results=0, message="")
        site.upkeep.check_scans(site.keys, 900_000)

    assert site.alarms.some(site.keys, state="", limit=9, cursor="").items == []


def test_a_paused_scan_is_not_stalled(site: Site) -> None:
    """The alarm ends when the scan no longer runs."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", size=1)
    started(site, scanner)
    for _ in range(40):
        site.clock.forward(25)
        site.sweep()
    site.upkeep.check_scans(site.keys, 900_000)
    (alarm,) = site.alarms.some(site.keys, state="raised", limit=9, cursor="").items
    assert alarm["kind"] == "scan-stalled"
    site.scans.pause(site.keys, scan, reason="test")

    assert site.alarms.some(site.keys, state="raised", limit=9, cursor="").items == []


def test_a_disabled_scanner_raises_no_alarm(site: Site) -> None:
    """That it falls silent is the operator's own doing."""
    scanner = site.scanner()
    site.heartbeat(scanner)
    site.scanners.save(site.keys, scanner.scanner, {"enabled": 0})
    site.clock.forward(100)
    site.upkeep.mark_offline(site.keys, 90_000)

    assert site.alarms.some(site.keys, state="", limit=9, cursor="").items == []


def test_a_success_ends_a_row_of_failures(site: Site) -> None:
    """Two failures, one that is good, and another failure are not three in a row."""
    scanner = site.scanner(set_tasks=1)
    site.scan(f"s{scanner.scanner}", size=1)
    for status in ("failed", "failed", "completed", "failed"):
        site.finish(scanner, site.claim(scanner)[0], status)

    assert len(site.claim(scanner)) == 1


def test_a_scanner_heard_of_in_time_is_online(site: Site) -> None:
    """For as long as it may be silent, to the millisecond."""
    scanner = site.scanner()
    site.heartbeat(scanner)
    online = []
    for ms in (89_999, 1):
        site.clock.ms += ms
        site.upkeep.mark_offline(site.keys, 90_000)
        online.append((site.scanners.get(site.keys, scanner.scanner) or {})["online"])

    assert online == ["1", "0"]
