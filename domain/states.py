"""The states of scans and tasks, and the steps between them, as data (drawn in docs/states.md)."""

from __future__ import annotations

from enum import StrEnum


class ScanStatus(StrEnum):
    """Where a scan stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELING = "canceling"
    CANCELED = "canceled"
    COMPLETED = "completed"
    FAILED = "failed"


class TaskStatus(StrEnum):
    """Where a task stands; released and expired ones wait to be handed out again."""

    CLAIMED = "claimed"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    RELEASED = "released"
    EXPIRED = "expired"
    CANCELED = "canceled"


FINISHED = frozenset({ScanStatus.CANCELED, ScanStatus.COMPLETED, ScanStatus.FAILED})
ACTIVE = frozenset({ScanStatus.PENDING, ScanStatus.RUNNING})  # handed out
HELD = frozenset({TaskStatus.CLAIMED, TaskStatus.RUNNING})

_ENDS = {ScanStatus.COMPLETED, ScanStatus.FAILED}
_STOPS = {ScanStatus.CANCELING, ScanStatus.CANCELED}

SCAN_STEPS: dict[ScanStatus, frozenset[ScanStatus]] = {
    ScanStatus.PENDING: frozenset(
        {ScanStatus.RUNNING, ScanStatus.PAUSING, ScanStatus.PAUSED, *_STOPS, *_ENDS}
    ),
    ScanStatus.RUNNING: frozenset({ScanStatus.PAUSING, ScanStatus.PAUSED, *_STOPS, *_ENDS}),
    ScanStatus.PAUSING: frozenset(
        {ScanStatus.PAUSED, ScanStatus.PENDING, ScanStatus.RUNNING, *_STOPS, *_ENDS}
    ),
    ScanStatus.PAUSED: frozenset({ScanStatus.PENDING, ScanStatus.RUNNING, *_STOPS}),
    ScanStatus.CANCELING: frozenset({ScanStatus.CANCELED}),
    ScanStatus.CANCELED: frozenset(),
    ScanStatus.COMPLETED: frozenset(),
    ScanStatus.FAILED: frozenset(),
}
