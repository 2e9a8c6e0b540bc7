"""Lists of ports that scans refer to."""

from __future__ import annotations

from collections.abc import Mapping

from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Asked, Page, Record, Store, flat


class PortListStore(Store):
    """A record has name, ports (as domain.ports writes them), rate ('' for none) and created."""

    def save(
        self,
        keys: SiteKeys,
        port_list: int | None,
        fields: Mapping[str, str | int],
        *,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Create (port_list None) or change; answers the id, and whether it was made before."""
        answer = self.scripts.run(
            "save_port_list",
            keys,
            "" if port_list is None else port_list,
            asked.name,
            asked.digest,
            *flat(fields),
        )
        return int(accepted(answer, f"Port list {port_list}")[0]), answer[0] == "repeated"

    def delete(self, keys: SiteKeys, port_list: int) -> None:
        """Delete it. Raises NotFound; Conflict while an unfinished scan uses it."""
        answer = self.scripts.run_timeless("delete_port_list", keys, port_list)
        accepted(answer, f"Port list {port_list}")

    def get(self, keys: SiteKeys, port_list: int) -> Record | None:
        """One record, or None."""
        found = self.record(keys, "port-list", port_list)
        return {"id": str(port_list), **found} if found else None

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of records, newest first."""
        return self.page(keys, ("port-lists",), "port-list", limit=limit, cursor=cursor)
