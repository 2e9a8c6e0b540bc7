"""The history of a scan: a stream of events, read a page at a time."""

from __future__ import annotations

from queues.keys import SiteKeys
from queues.store import Page, Record, Store

FIRST = "1-0"  # the id of a scan's creation, which is before all that the stream gives


class EventStore(Store):
    """An event is a record with its id in the stream under "id", at, action and its own fields.

    The first one, scan-created, is told from the scan's record: a stream begins with 4 KiB, which
    scans that wait do not need.
    """

    def some(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of events after a cursor, which is an event's id, oldest first."""
        _, found = self.look(keys, scan, cursor, fields=("created",), limit=limit + 1)
        items = found[:limit]
        return Page(items, items[-1]["id"] if len(found) > limit else None)

    def look(
        self, keys: SiteKeys, scan: int, after: str, *, fields: tuple[str, ...], limit: int
    ) -> tuple[Record | None, list[Record]]:
        """These fields of the scan's record, or None, and the next events, of the same moment."""
        start = f"({after}" if after else "-"
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.of("scan", scan), (*fields, "created"))
            pipe.xrange(keys.of("scan", scan, "events"), min=start, count=limit)
            (*values, created), found = pipe.execute()
        record = {n: v for n, v in zip(fields, values, strict=True) if v is not None}
        events = [{"id": event, **told} for event, told in found]
        if not after and created:
            events = [{"id": FIRST, "at": created, "action": "scan-created"}, *events][:limit]
        return ({"id": str(scan), **record} if record else None), events
