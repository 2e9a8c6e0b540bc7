"""The contiguous prefix, and what findings account for."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from agent.finding import Finding
from agent.findings import BATCH_BYTES, BATCH_RESULTS, Findings
from agent.prefix import Prefix

HOST = ipaddress.ip_address("127.0.0.1")


@given(st.lists(st.integers(0, 30)))
def test_the_prefix_is_what_is_done_without_a_gap(done: list[int]) -> None:
    """In whatever order, and however often, addresses are done: the prefix has no gap."""
    prefix = Prefix()
    for index in done:
        prefix.add(index)
    expected = next(n for n in range(32) if n not in done)

    assert expected == prefix.length
    assert len(set(done)) == prefix.done


def test_a_name_is_done_with_its_last_address() -> None:
    """A name that led to two addresses is done after both; one that led nowhere at once."""
    prefix = Prefix()
    prefix.expect(0, 2)
    prefix.expect(1, 0)
    prefix.add(0)

    assert prefix.length == 0
    prefix.add(0)

    assert prefix.length == 2


def _finding(banner: str = "") -> Finding:
    return Finding(host=HOST, state="open", port=1, protocol="tcp", banner=banner)


def test_batches_are_bounded_in_number() -> None:
    """A batch never holds more than its number of results, and none is lost between batches."""
    findings = Findings()
    for _ in range(BATCH_RESULTS + 1):
        findings.add(_finding())
    sizes = []
    while findings.waiting:
        batch = findings.batch()
        sizes.append(len(batch.results))
        findings.taken(batch)

    assert sizes == [BATCH_RESULTS, 1]


def test_batches_are_bounded_in_bytes() -> None:
    """A batch of long banners stays below its bytes."""
    findings = Findings()
    for _ in range(300):
        findings.add(_finding("\u20ac" * 1024))
    batch = findings.batch()

    assert 0 < batch.size <= BATCH_BYTES
    assert len(batch.results) < 300


def test_only_safe_results_account_for_addresses() -> None:
    """An address counts for a release only once everything found about it is safe."""
    findings = Findings()
    for index in range(BATCH_RESULTS + 1):
        findings.add(_finding())
        findings.host_done(index)
    findings.taken(findings.batch())

    assert findings.accounted == 0
    findings.taken(findings.batch())

    assert findings.accounted == BATCH_RESULTS + 1


def test_a_batch_is_due_when_its_oldest_result_has_waited() -> None:
    """Few results are sent after the time to flush, not before."""
    now = [0.0]
    findings = Findings(now=lambda: now[0])

    assert not findings.due(2.0)
    findings.add(_finding())
    now[0] = 1.9

    assert not findings.due(2.0)
    now[0] = 2.0

    assert findings.due(2.0)
