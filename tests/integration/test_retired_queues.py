"""Deleting scanners and groups while work is out, step by step."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, Invalid
from queues.exchange import Report
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


def retire_only(site: Site, queue: str) -> None:
    """The first step of a deletion, before the scans have left the queue."""
    RetirementStore(site.client).scripts.run("retire_queue", site.keys, queue, "1")


def test_a_scanner_that_goes_is_handed_nothing(site: Site) -> None:
    """Being deleted, it takes no more work, of its groups neither; its tasks stay its own."""
    scanner, other = site.scanner(set_tasks=4), site.scanner()
    group = site.group(scanner, other)
    scanner = site.holder(scanner.scanner)
    site.heartbeat(other)
    site.scan(f"g{group}", size=1)
    (lease,) = site.claim(scanner, limit=1)
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", scanner.scanner)

    assert site.claim(scanner) == []
    site.finish(scanner, lease)


def test_nothing_of_a_retired_queue_is_handed_out(site: Site) -> None:
    """From the first step of a deletion on, also what was ready, and nothing more becomes ready."""
    scanner = site.scanner(set_tasks=4)
    group = site.group(scanner, cap=1)
    scanner = site.holder(scanner.scanner)
    first, second = site.scan(f"g{group}", size=1), site.scan(f"g{group}", size=1)
    site.claim(scanner, limit=1)
    retire_only(site, f"g{group}")
    assert site.claim(scanner) == []
    site.scans.pause(site.keys, first, reason="test")
    assert site.claim(scanner) == []

    waiting = site.keys.of("queue", f"g{group}", "waiting")
    assert site.client.lrange(waiting, 0, -1) == [str(second)]


def test_a_retired_queue_takes_no_scans(site: Site) -> None:
    """As if it were gone already."""
    scanner = site.scanner()
    retire_only(site, f"s{scanner.scanner}")

    with pytest.raises(Invalid):
        site.scan(f"s{scanner.scanner}")


def test_a_scanner_that_goes_is_told(site: Site) -> None:
    """Its heartbeat says that it is drained."""
    scanner = site.scanner()
    site.scan(f"s{scanner.scanner}", f"s{site.scanner().scanner}", size=1)
    site.claim(scanner, limit=1)
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", scanner.scanner)

    assert site.tasks.heartbeat(scanner, Report(), []).drain is True


def test_a_scanner_with_one_task_stays_until_it_ends(site: Site) -> None:
    """And goes with the next upkeep after that."""
    scanner, other = site.scanner(), site.scanner()
    site.scan(f"s{scanner.scanner}", f"s{other.scanner}", targets="10.0.0.0/31", size=2)
    (lease,) = site.claim(scanner, limit=1)
    store = RetirementStore(site.client, site.clock)
    store.retire(site.keys, "scanner", scanner.scanner)
    assert store.finish(site.keys) == 0
    site.finish(scanner, lease)

    assert store.finish(site.keys) == 1
    assert site.scanners.get(site.keys, scanner.scanner) is None


def test_a_refused_deletion_changes_nothing(site: Site) -> None:
    """The only scanner of a scan goes on with it."""
    scanner = site.scanner(set_tasks=2)
    site.scan(f"s{scanner.scanner}", size=1)
    with pytest.raises(Conflict):
        RetirementStore(site.client).retire(site.keys, "scanner", scanner.scanner)

    assert len(site.claim(scanner)) == 2
