"""What a process remembers of where tasks lie."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.spaces import Spaces
from domain.space import Segment, build_segments
from domain.targets import parse_target
from queues.exchange import Holder, Lease
from queues.keys import SiteKeys

KEYS = SiteKeys("default")


def segment(target: str) -> Segment:
    (made,) = build_segments([parse_target(target)], [])
    return made


FIRST, SECOND, THIRD = segment("10.0.0.0/30"), segment("10.0.1.0/30"), segment("10.0.2.0/30")


def lease(task: int, scan: int, of: Segment) -> Lease:
    return Lease(task, 1, scan, of, 0, 4, None, None, "{}")


@pytest.mark.parametrize(
    ("task", "host"), [(1, "10.0.0.1"), (2, "10.0.1.1"), (3, "10.0.2.1"), (4, "10.0.0.2")]
)
def test_each_task_of_a_claim_lies_where_its_scan_does(task: int, host: str) -> None:
    """Tasks of one claim may be of several scans and segments; nothing is looked up again."""
    nothing: Any = None
    spaces = Spaces(nothing, nothing)
    further = Segment(4, THIRD.blocks)
    spaces.learn(KEYS, [lease(1, 17, FIRST), lease(2, 18, SECOND), lease(3, 18, further)])
    spaces.learn(KEYS, [lease(4, 17, FIRST)])

    spaces.check(Holder(KEYS, 7, "1"), task, [{"host": host}])
