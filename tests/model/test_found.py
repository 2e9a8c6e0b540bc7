"""What the model has found, each as a test of its own."""

from __future__ import annotations

import pytest
import redis

from domain.errors import LeaseLost
from queues.exchange import Holder, Lease
from queues.retirement import RetirementStore
from tests.integration.conftest import Site


@pytest.fixture
def site(client: redis.Redis) -> Site:
    return Site(client)


def started(site: Site, holder: Holder) -> Lease:
    (lease,) = site.claim(holder, limit=1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return lease


def test_releasing_all_of_a_task_twice_is_harmless(site: Site) -> None:
    """A lost answer to a release of which every address was done is asked for again."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2)
    lease = started(site, scanner)
    for _ in range(2):
        site.tasks.release(scanner, lease.task, lease.attempt, done=2)

    assert site.record(scan)["done"] == "2"


def test_reporting_a_failure_twice_is_harmless_where_it_is_tried_again(site: Site) -> None:
    """With retryFailed the slice is open again, and still the same word gets the same answer."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2, retry_failed="1")
    lease = started(site, scanner)
    for attempt in (1, 1, None):
        site.tasks.complete(scanner, lease.task, attempt, status="failed", results=None, message="")

    assert site.record(scan)["open"] == "2"


def test_results_count_only_from_whom_the_attempt_was_given_to(site: Site) -> None:
    """One that lost a task cannot use up the batches of who has it now."""
    one, other = site.scanner(), site.scanner()
    scan = site.scan(f"s{one.scanner}", f"s{other.scanner}", targets="10.0.0.0/31", size=2)
    lost = started(site, one)
    site.tasks.release(one, lost.task, 1, done=0)
    held = started(site, other)
    assert (held.task, held.attempt) == (lost.task, 2)
    with pytest.raises(LeaseLost):
        site.tasks.results(one, lost.task, 2, batch=1, count=5, rows="[]")
    site.tasks.results(other, held.task, 2, batch=1, count=3, rows="[]")

    assert site.record(scan)["results"] == "3"


def test_an_attempt_long_ago_stores_nothing_again(site: Site) -> None:
    """A batch of the first attempt is not stored twice when the ninth has come."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/31", size=2)
    for attempt in range(1, 10):
        lease = started(site, scanner)
        site.tasks.results(scanner, lease.task, attempt, batch=1, count=1, rows="[]")
        site.tasks.release(scanner, lease.task, attempt, done=0)
    with pytest.raises(LeaseLost):
        site.tasks.results(scanner, lease.task, 1, batch=1, count=1, rows="[]")

    assert site.record(scan)["results"] == "9"


def test_what_is_excluded_waits_for_no_budget(site: Site) -> None:
    """What was open of a scan with a spent budget is excluded, and then some of it comes free."""
    scanner = site.scanner()
    scan = site.scan(f"s{scanner.scanner}", targets="10.0.0.0/29", size=2, rate="2")
    lease, _ = site.claim(scanner, limit=2)
    site.tasks.start(scanner, lease.task, 1)
    assert site.claim(scanner) == []
    site.rules.store.save(site.keys, "exclusion", None, {"cidr": "10.0.0.4/30"})
    assert site.claim(scanner) == []
    site.tasks.complete(scanner, lease.task, 1, status="completed", results=None, message="")

    closed = site.keys.of("queue", f"s{scanner.scanner}", "closed")
    assert (site.record(scan)["open"], site.client.exists(closed)) == ("0", 0)


def test_a_retired_queue_parks_nothing(site: Site) -> None:
    """A scan leaves a retired queue altogether, also where it waited there for an engine."""
    plain, busy = site.scanner(set_jobs=1), site.scanner(set_jobs=1)
    site.heartbeat(busy, engines="connect")
    scan = site.scan(f"s{plain.scanner}", f"s{busy.scanner}", engine="nmap")
    site.claim(busy)
    parked = site.keys.of("queue", f"s{busy.scanner}", "parked", "nmap")
    assert site.client.zrange(parked, 0, -1) == [str(scan)]
    RetirementStore(site.client, site.clock).retire(site.keys, "scanner", busy.scanner)

    assert site.client.exists(parked) == 0
