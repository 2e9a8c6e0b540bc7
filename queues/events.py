"""The history of a scan: a stream of events, read a page at a time."""

from __future__ import annotations

from queues.keys import SiteKeys
from queues.store import Page, Record, Store


class EventStore(Store):
    """An event is a record with its id in the stream under "id", at, action and its own fields."""

    def some(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of events after a cursor, which is an event's id, oldest first."""
        start = f"({cursor}" if cursor else "-"
        found = self.client.xrange(keys.of("scan", scan, "events"), min=start, count=limit + 1)
        items = _records(found[:limit])
        return Page(items, items[-1]["id"] if len(found) > limit else None)

    def look(
        self, keys: SiteKeys, scan: int, after: str, *, fields: tuple[str, ...], limit: int
    ) -> tuple[Record | None, list[Record]]:
        """These fields of the scan's record, or None, and the next events, of the same moment."""
        start = f"({after}" if after else "-"
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.of("scan", scan), fields)
            pipe.xrange(keys.of("scan", scan, "events"), min=start, count=limit)
            values, found = pipe.execute()
        record = {n: v for n, v in zip(fields, values, strict=True) if v is not None}
        return ({"id": str(scan), **record} if record else None), _records(found)


def _records(found: list[tuple[str, Record]]) -> list[Record]:
    return [{"id": event, **fields} for event, fields in found]
