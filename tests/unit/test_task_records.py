"""What the store keeps in few fields, as the product reads it."""

from __future__ import annotations

import pytest

from queues.task_records import tasks_by_scan, unpacked


@pytest.mark.parametrize(
    ("holds", "tasks"),
    [
        (None, {}),
        ("", {}),
        (":17=3", {"17": 3}),
        (":17=3:7=1:171=20", {"17": 3, "7": 1, "171": 20}),
    ],
)
def test_what_a_scanner_holds(holds: str | None, tasks: dict[str, int]) -> None:
    """Tasks by scan, as lib/held.lua writes them."""
    assert tasks_by_scan(holds) == tasks


SLICE, LEASE = "17:0:256:0:3,4", "2:7:1700:500:subnet 10.0.0.0/8|:60"


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ({}, {"status": "claimed", "started": None, "holders": "7", "progress": "0"}),
        ({"status": "released", "holders": "5,7"}, {"status": "released", "holders": "5,7"}),
        ({"status": "completed", "finished": "1800"}, {"started": "1800"}),
        ({"status": "completed", "finished": "1800", "started": "1750"}, {"started": "1750"}),
        ({"status": "canceled", "finished": "1800"}, {"started": None}),
    ],
)
def test_what_a_task_does_not_say(kept: dict[str, str], read: dict[str, str | None]) -> None:
    """Claimed is what nobody has said more of; what is completed has begun."""
    record = unpacked({"slice": SLICE, "lease": LEASE, **kept})

    assert {name: record.get(name) for name in read} == read
    assert (record["scan"], record["subnets"], record["rated_by"]) == (
        "17", "3,4", "subnet 10.0.0.0/8",
    )  # fmt: skip
