"""What every store of a site stands on: the client, the scripts, and pages of an index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import redis

from queues.keys import SiteKeys
from queues.scripts import Now, Scripts, server_clock

Record = dict[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, and the cursor of those that follow, or None."""

    items: list[Any]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that creates: its Idempotency-Key made one word ('' for none), and its digest."""

    name: str = ""
    digest: str = ""


class Store:
    """Reads records and runs scripts. Times are milliseconds, ids are integers."""

    def __init__(self, client: redis.Redis, now: Now = server_clock) -> None:
        self.client: Any = client
        self.scripts = Scripts(client, now)

    def record(self, keys: SiteKeys, kind: str, item: int) -> Record | None:
        """One record, or None."""
        found: Record = self.client.hgetall(keys.of(kind, item))
        return found or None

    def records(self, keys: SiteKeys, kind: str, items: Iterable[int | str]) -> list[Record]:
        """Several records in one round trip; an empty one where there is none."""
        with self.client.pipeline(transaction=False) as pipe:
            for item in items:
                pipe.hgetall(keys.of(kind, item))
            found: list[Record] = pipe.execute()
        return found

    def page(
        self, keys: SiteKeys, index: tuple[str | int, ...], kind: str, *, limit: int, cursor: str
    ) -> Page:
        """Records of an index with their id under "id", newest first, after the cursor."""
        below = f"({cursor}" if cursor else "+inf"
        ids = self.client.zrange(
            keys.of(*index), below, "-inf", byscore=True, desc=True, offset=0, num=limit + 1
        )
        records = self.records(keys, kind, ids[:limit])
        items = [{"id": i, **r} for i, r in zip(ids, records, strict=False) if r]
        return Page(items, ids[limit - 1] if len(ids) > limit else None)


def flat(fields: Mapping[str, str | int]) -> list[str | int]:
    """Names and values in turn, as scripts take them."""
    return [part for pair in fields.items() for part in pair]
