"""Queues as operators read them: what waits where, and what is in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dispatch.groups import Groups
from dispatch.scanners import Scanners
from queues.keys import SiteKeys
from queues.overview import OverviewStore
from queues.store import Page

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Overview:
    """A view of each scanner's and each group's queue."""

    store: OverviewStore
    scanners: Scanners
    groups: Groups

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of queues, those of scanners first; a cursor is `s` or `g` and an id."""
        if cursor.startswith("g"):
            return self._of_kind(keys, "group", limit, cursor[1:])
        page = self._of_kind(keys, "scanner", limit, cursor[1:])
        if page.next_cursor:
            return page
        if len(page.items) == limit:
            return Page(page.items, "g")
        rest = self._of_kind(keys, "group", limit - len(page.items), "")
        return Page([*page.items, *rest.items], rest.next_cursor)

    def _of_kind(self, keys: SiteKeys, kind: str, limit: int, cursor: str) -> Page:
        read = self.scanners.some if kind == "scanner" else self.groups.some
        found = read(keys, limit=limit, cursor=cursor)
        following = found.next_cursor and f"{kind[0]}{found.next_cursor}"
        return Page([self._view(keys, kind, item) for item in found.items], following)

    def _view(self, keys: SiteKeys, kind: str, item: View) -> View:
        state = self.store.queue(keys, f"{kind[0]}{item[f'{kind}_id']}")
        return {
            "kind": kind,
            "id": item[f"{kind}_id"],
            "name": item["name"],
            "status": item.get("status"),
            "scanners_online": int(state.record.get("online", 0)),
            "task_slots": int(state.record.get("slots", 0)),
            "job_capacity": item["job_capacity"],
            "target_capacity": item.get("target_capacity"),
            "task_capacity": item.get("task_capacity"),
            "in_use": item.get("in_use"),
            "active": state.active,
            "waiting": state.waiting,
            "waiting_count": state.waiting_count,
        }
