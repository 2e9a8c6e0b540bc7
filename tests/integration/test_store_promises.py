"""Promises of single scripts that a life at random seldom meets; each noticed a mutation."""

from __future__ import annotations

from queues.alarms import AlarmStore
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


def test_the_first_acknowledgement_counts(site: Site) -> None:
    """Acknowledging an alarm again keeps the time at which somebody first saw it."""
    scanner = site.scanner()
    site.heartbeat(scanner)
    site.clock.forward(100)
    site.upkeep.mark_offline(site.keys, 90_000)
    store = AlarmStore(site.client, site.clock)
    (alarm,) = store.some(site.keys, state="raised", limit=9, cursor="").items
    first = store.acknowledge(site.keys, int(alarm["id"]))["acked"]
    site.clock.forward(5)

    assert store.acknowledge(site.keys, int(alarm["id"]))["acked"] == first


def test_a_scanner_that_goes_is_handed_nothing(site: Site) -> None:
    """Being deleted, it takes no more work, of its groups neither; its tasks stay its own."""
    scanner = site.scanner(set_tasks=4)
    group = site.group(scanner)
    scanner = site.holder(scanner.scanner)
    site.scan(f"g{group}", size=1)
    (lease,) = site.claim(scanner, limit=1)
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", scanner.scanner)

    assert site.claim(scanner) == []
    site.finish(scanner, lease)


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


def test_failures_in_one_burst_count_once(site: Site) -> None:
    """What was out already when it began to wait does not make it wait longer."""
    scanner = site.scanner(set_tasks=6)
    site.scan(f"s{scanner.scanner}", size=1)
    for lease in site.claim(scanner):
        site.finish(scanner, lease, "failed")

    assert site.tasks.claim(scanner, limit=1).wait_ms == 2000
