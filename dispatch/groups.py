"""What operators have done with groups of scanners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.errors import NotFound
from queues.groups import GroupStore
from queues.keys import SiteKeys
from queues.retirement import RetirementStore
from queues.store import Asked, Page

DEFAULT_JOB_CAPACITY = 10

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of a site. A view has the fields of the resource in api.md, in snake case."""

    store: GroupStore
    retirement: RetirementStore

    def create(self, keys: SiteKeys, fields: View, asked: Asked) -> View:
        """A new group."""
        group, _ = self.store.save(
            keys,
            None,
            name=fields["name"],
            cap=fields.get("job_capacity") or DEFAULT_JOB_CAPACITY,
            members=fields.get("scanner_ids") or [],
            asked=asked,
        )
        return self.get(keys, group)

    def change(self, keys: SiteKeys, group: int, fields: View) -> View:
        """The group with these fields changed."""
        self.store.save(
            keys,
            group,
            name=fields.get("name"),
            cap=fields.get("job_capacity"),
            members=fields.get("scanner_ids"),
        )
        return self.get(keys, group)

    def delete(self, keys: SiteKeys, group: int) -> None:
        """Delete it. Raises NotFound; Conflict where it is an unfinished scan's only queue."""
        self.retirement.retire(keys, "group", group)
        self.retirement.delete(keys, "group", group)

    def get(self, keys: SiteKeys, group: int) -> View:
        """One group. Raises NotFound."""
        record = self.store.get(keys, group)
        if record is None:
            raise NotFound(f"There is no group {group} in this site.")
        return _to_view(record)

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of groups, newest first."""
        records, following = self.store.some(keys, limit=limit, cursor=cursor)
        return Page([_to_view(record) for record in records], following)


def _to_view(record: dict[str, Any]) -> View:
    return {
        "group_id": int(record["id"]),
        "name": record["name"],
        "scanner_ids": sorted(int(scanner) for scanner in record["members"]),
        "job_capacity": int(record["cap"]),
        "created_at": record["created"],
    }
