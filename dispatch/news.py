"""What can be told of a scan while one follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.scan_views import scan_view
from queues.store import Record

View = dict[str, Any]

# Of the scan's record; without what was asked for, which may be long and never changes.
COUNTERS = (
    *("status", "reason", "since", "created", "started", "finished", "active", "max_attempts"),
    *("total", "open", "in_flight", "done", "failed", "excluded", "results"),
    *("claimed", "running", "tasks_completed", "tasks_failed", "expired"),
)
PROGRESS = ("status", "hosts", "tasks", "progress", "result_count", "eta_seconds")
_IDS = {"task": "job_id", "scanner": "scanner_id", "attempt": "attempt"}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the scan's history, as a view."""

    view: View


@dataclass(frozen=True, slots=True)
class Progressed:
    """The scan's status or counters are others than before: PROGRESS of its view."""

    view: View


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing has happened for a while."""


News = Happened | Progressed | Silence


def event_view(record: Record) -> View:
    """An event as the API shows it, in snake case; at in milliseconds."""
    view: View = {"event_id": record["id"], "at": record["at"], "action": record["action"]}
    own = {name: value for name, value in record.items() if name not in ("id", "at", "action")}
    numbers = {_IDS[name]: int(own.pop(name)) for name in _IDS if name in own}
    return view | own | numbers


def news_of(record: Record, events: list[Record], shown: View) -> Iterator[News]:
    """Counters first: who leaves at the final event has seen the final ones. Updates shown."""
    view = scan_view({**record, "spec": "{}"})
    progress = {name: view[name] for name in PROGRESS}
    if progress != shown:
        shown.update(progress)
        yield Progressed(progress)
    for event in events:
        yield Happened(event_view(event))
