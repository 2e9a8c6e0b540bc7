"""scanner.jobs: the text of jobs is JSON, whatever is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.rules import Rules
from domain.space import Block, Segment
from queues.exchange import Lease
from scanner.jobs import on_wire

AWKWARD = 'a "quoted" \\ name é \u2028 \U0001f600'
COMMON = {"ports": "22,80", "engine": "connect", "engineArgs": {"banner": True, "x": AWKWARD}}
SEGMENT = Segment(0, (Block(4, 0x0A000000, 4), Block(6, 1 << 64, 2)))


def lease(segment: Segment, **more: Any) -> Lease:
    job = json.dumps({**COMMON, "exclusions": ["10.0.0.0/8", AWKWARD]})
    fields: dict[str, Any] = {"rate": None, "rated_by": None, **more}
    return Lease(2**53 - 1, 3, 17, segment, 1, 6, fields["rate"], fields["rated_by"], job)


def test_a_job_is_told_whole() -> None:
    """Addresses of two versions, no limit."""
    [job] = json.loads(on_wire([lease(SEGMENT)], 120, Rules()))

    assert job == {
        "jobId": 2**53 - 1,
        "scanId": 17,
        "attempt": 3,
        "targets": [
            {"range": text, "ports": "22,80"}
            for text in ("10.0.0.1/32", "10.0.0.2/31", "0:0:0:1::/127")
        ],
        "maxProbesPerSecond": None,
        "rateLimitedBy": None,
        "leaseSeconds": 120,
        "engine": "connect",
        "engineArgs": COMMON["engineArgs"],
    }


@pytest.mark.parametrize("rated_by", ["scanner", AWKWARD])
def test_whatever_is_said_in_it_is_text(rated_by: str) -> None:
    """Signs that JSON escapes, in names too."""
    named = lease(Segment(0, name=AWKWARD), rate=500, rated_by=rated_by)
    first, second = json.loads(on_wire([named, named], 1, Rules(scopes={"10.0.0.0/8": 1})))

    assert first == second
    assert first["targets"] == [{"range": AWKWARD, "ports": "22,80"}]
    assert (first["maxProbesPerSecond"], first["rateLimitedBy"]) == (500, rated_by)
    assert (first["exclusions"], first["scopes"]) == (["10.0.0.0/8", AWKWARD], ["10.0.0.0/8"])


def test_jobs_of_one_scan_have_what_is_their_own() -> None:
    """Attempt, limit and time, though all else is told of them alike."""
    one, other = lease(SEGMENT, rate=5, rated_by="scan"), lease(SEGMENT, rate=7, rated_by="scan")
    again = one._replace(task=4, attempt=9)
    told = [json.loads(on_wire([one, other, again, one], seconds, Rules())) for seconds in (1, 2)]

    assert [job["maxProbesPerSecond"] for job in told[0]] == [5, 7, 5, 5]
    assert [(job["jobId"], job["attempt"]) for job in told[0]][2] == (4, 9)
    assert [[job["leaseSeconds"] for job in jobs] for jobs in told] == [[1] * 4, [2] * 4]


def test_no_jobs_are_an_empty_array() -> None:
    """As JSON."""
    assert json.loads(on_wire([], 120, Rules())) == []
