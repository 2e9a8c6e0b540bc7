"""Scanners' records, and who is online."""

from __future__ import annotations

from collections.abc import Mapping

from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Asked, Record, Store, flat
from queues.task_records import tasks_by_scan

LEAVE_GROUPS = "-"


class ScannerStore(Store):
    """A record has the fields of lua/save_scanner.lua, and `seen` and `jobs` when read."""

    def save(
        self,
        keys: SiteKeys,
        scanner: int | None,
        fields: Mapping[str, str | int],
        *,
        groups: list[int] | None = None,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Create (scanner None) or change; answers the id, and whether it was made before."""
        membership = LEAVE_GROUPS if groups is None else ",".join(map(str, dict.fromkeys(groups)))
        who = "" if scanner is None else scanner
        answer = self.scripts.run(
            "save_scanner", keys, who, asked.name, asked.digest, membership, *flat(fields)
        )
        return int(accepted(answer, f"Scanner {scanner}")[0]), answer[0] == "repeated"

    def get(self, keys: SiteKeys, scanner: int) -> Record | None:
        """One record, or None."""
        found = self.record(keys, "scanner", scanner)
        return self._completed(keys, [{"id": str(scanner), **found}])[0] if found else None

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> tuple[list[Record], str | None]:
        """A page of records."""
        page = self.page(keys, ("scanners",), "scanner", limit=limit, cursor=cursor)
        return self._completed(keys, page.items), page.next_cursor

    def now_ms(self) -> int:
        """The server's clock: that of this machine may differ."""
        seconds, microseconds = self.client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    def engines(self, keys: SiteKeys) -> set[str]:
        """Every engine that a scanner of this site has reported."""
        return set(self.client.smembers(keys.of("engines")))

    def _completed(self, keys: SiteKeys, records: list[Record]) -> list[Record]:
        """Add when each was last heard of, and from how many scans its tasks come."""
        with self.client.pipeline(transaction=False) as pipe:
            for record in records:
                pipe.zscore(keys.of("online"), record["id"])
            answers = pipe.execute()
        for record, seen in zip(records, answers, strict=True):
            record["jobs"] = str(len(tasks_by_scan(record.get("holds"))))
            if seen is not None:
                record["seen"] = str(int(seen))
        return records
