"""What the store keeps in few fields, as the product reads it."""

from __future__ import annotations

import pytest

from queues.task_records import tasks_by_scan


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
