"""Groups of scanners."""

from __future__ import annotations

from typing import Any

from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Asked, Record, Store


class GroupStore(Store):
    """A record has name and created, and `cap` and `members` when read."""

    def save(
        self,
        keys: SiteKeys,
        group: int | None,
        *,
        name: str | None = None,
        cap: int | None = None,
        members: list[int] | None = None,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Create (group None) or change; answers the id, and whether it was made before."""
        answer = self.scripts.run(
            "save_group",
            keys,
            "" if group is None else group,
            asked.name,
            asked.digest,
            name or "",
            "" if cap is None else cap,
            "0" if members is None else "1",
            *dict.fromkeys(members or []),
        )
        return int(accepted(answer, f"Group {group}")[0]), answer[0] == "repeated"

    def get(self, keys: SiteKeys, group: int) -> dict[str, Any] | None:
        """One record, or None."""
        found = self.record(keys, "group", group)
        return self._completed(keys, [{"id": str(group), **found}])[0] if found else None

    def some(
        self, keys: SiteKeys, *, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of records."""
        page = self.page(keys, ("groups",), "group", limit=limit, cursor=cursor)
        return self._completed(keys, page.items), page.next_cursor

    def _completed(self, keys: SiteKeys, records: list[Record]) -> list[dict[str, Any]]:
        with self.client.pipeline(transaction=False) as pipe:
            for record in records:
                pipe.hget(keys.of("queue", f"g{record['id']}"), "cap")
                pipe.smembers(keys.of("group", record["id"], "members"))
            answers = pipe.execute()
        pairs = zip(records, answers[::2], answers[1::2], strict=True)
        return [{**record, "cap": cap, "members": members} for record, cap, members in pairs]
