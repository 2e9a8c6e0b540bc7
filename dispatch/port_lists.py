"""What operators have done with lists of ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.errors import NotFound
from queues.keys import SiteKeys
from queues.port_lists import PortListStore
from queues.store import Asked, Page, Record

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PortLists:
    """Port lists of a site. A view has the fields of the resource in api.md, in snake case."""

    store: PortListStore

    def create(self, keys: SiteKeys, fields: View, asked: Asked) -> View:
        """A new port list."""
        wanted = {"max_probes_per_second": None, **fields}
        return self.get(keys, self.store.save(keys, None, _to_record(wanted), asked=asked)[0])

    def change(self, keys: SiteKeys, port_list: int, fields: View) -> View:
        """The port list with these fields changed. Raises NotFound."""
        self.store.save(keys, port_list, _to_record(fields))
        return self.get(keys, port_list)

    def delete(self, keys: SiteKeys, port_list: int) -> None:
        """Delete it. Raises NotFound; Conflict while an unfinished scan uses it."""
        self.store.delete(keys, port_list)

    def get(self, keys: SiteKeys, port_list: int) -> View:
        """One port list. Raises NotFound."""
        record = self.store.get(keys, port_list)
        if record is None:
            raise NotFound(f"There is no port list {port_list} in this site.")
        return _to_view(record)

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of port lists, newest first."""
        page = self.store.some(keys, limit=limit, cursor=cursor)
        return Page([_to_view(record) for record in page.items], page.next_cursor)


def _to_record(fields: View) -> dict[str, str | int]:
    names = {"name": "name", "ports": "ports", "max_probes_per_second": "rate"}
    return {names[name]: "" if value is None else value for name, value in fields.items()}


def _to_view(record: Record) -> View:
    return {
        "port_list_id": int(record["id"]),
        "name": record["name"],
        "ports": record["ports"],
        "max_probes_per_second": int(record["rate"]) if record["rate"] else None,
        "created_at": record["created"],
    }
