"""Alarms: what a person should look at; the scripts raise and clear them."""

from __future__ import annotations

from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Page, Record, Store


class AlarmStore(Store):
    """A record has id, kind, subject, message, raised, and perhaps cleared and acked."""

    def some(self, keys: SiteKeys, *, state: str, limit: int, cursor: str) -> Page:
        """A page of alarms, newest first; state: `raised`, `cleared` or '' for all.

        A site keeps its newest 1,000, so that those of one state are picked from all of them.
        """
        if not state:
            return self.page(keys, ("alarms",), "alarm", limit=limit, cursor=cursor)
        everything = self.page(keys, ("alarms",), "alarm", limit=1000, cursor=cursor).items
        chosen = [alarm for alarm in everything if ("cleared" in alarm) == (state == "cleared")]
        following = chosen[limit - 1]["id"] if len(chosen) > limit else None
        return Page(chosen[:limit], following)

    def acknowledge(self, keys: SiteKeys, alarm: int) -> Record:
        """Note that somebody has seen it; repeating it keeps the first time."""
        accepted(self.scripts.run("ack_alarm", keys, alarm), f"Alarm {alarm}")
        return {"id": str(alarm), **(self.record(keys, "alarm", alarm) or {})}
