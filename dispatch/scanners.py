"""What operators have done with scanners."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dispatch.credentials import new_key
from domain.errors import NotFound
from queues.keys import SiteKeys
from queues.retirement import RetirementStore
from queues.scanners import ScannerStore
from queues.store import Asked, Page, Record

View = dict[str, Any]

# field of the resource -> field of the record
_SET = {
    "name": "name",
    "enabled": "enabled",
    "allowed_ips": "allowed",
    "target_capacity": "set_targets",
    "task_capacity": "set_tasks",
    "job_capacity": "set_jobs",
    "max_probes_per_second": "rate",
}


@dataclass(frozen=True, slots=True)
class Scanners:
    """Scanners of a site. A view has the fields of the resource in api.md, in snake case."""

    store: ScannerStore
    retirement: RetirementStore

    def create(self, keys: SiteKeys, fields: View, asked: Asked) -> View:
        """A new scanner, with its api_key, which nobody can read again."""
        short_id, secret, kept = new_key()
        record = {"enabled": "1", **_to_record(fields), f"key:{short_id}": kept}
        scanner, again = self.store.save(
            keys, None, record, groups=fields.get("group_ids") or [], asked=asked
        )
        view = self.get(keys, scanner)
        if not again:
            view["api_key"] = f"{keys.site}_{scanner}_{short_id}.{secret}"
        return view

    def change(self, keys: SiteKeys, scanner: int, fields: View) -> View:
        """The scanner with these fields changed, from its next call on."""
        self.store.save(keys, scanner, _to_record(fields), groups=fields.get("group_ids"))
        return self.get(keys, scanner)

    def drain(self, keys: SiteKeys, scanner: int, *, on: bool) -> View:
        """Hand it no more work (on), or again; what it holds stays its own."""
        self.store.save(keys, scanner, {"drain": int(on)})
        return self.get(keys, scanner)

    def add_key(self, keys: SiteKeys, scanner: int, *, grace_seconds: int, asked: Asked) -> View:
        """A new key, its api_key in the answer; the others live on for the grace period.

        To a repeated request neither is told again.
        """
        short_id, secret, kept = new_key()
        expires = str(self.store.now_ms() + 1000 * grace_seconds)
        others = {
            name: f"{value.partition(':')[0]}:{expires}"
            for name, value in self._record(keys, scanner).items()
            if name.startswith("key:") and value.endswith(":") and len(value) > 1
        }
        fields = {**others, f"key:{short_id}": kept}
        if self.store.save(keys, scanner, fields, asked=asked)[1]:
            return {"scanner_id": scanner}
        key_id = f"{keys.site}_{scanner}_{short_id}"
        return {"scanner_id": scanner, "key_id": key_id, "api_key": f"{key_id}.{secret}"}

    def revoke_key(self, keys: SiteKeys, scanner: int, key_id: str) -> None:
        """End a key at once. Raises NotFound."""
        field = f"key:{key_id.rpartition('_')[2]}"
        if not self._record(keys, scanner).get(field):
            raise NotFound(f"Scanner {scanner} has no key {key_id[:80]!r}.")
        self.store.save(keys, scanner, {field: ""})

    def delete(self, keys: SiteKeys, scanner: int) -> None:
        """Delete it; one that holds tasks takes no more, and goes when its last lease has.

        Raises NotFound; Conflict where it is an unfinished scan's only queue.
        """
        self.retirement.retire(keys, "scanner", scanner)
        self.retirement.finish(keys)

    def _record(self, keys: SiteKeys, scanner: int) -> Record:
        record = self.store.get(keys, scanner)
        if record is None:
            raise NotFound(f"There is no scanner {scanner} in this site.")
        return record

    def get(self, keys: SiteKeys, scanner: int) -> View:
        """One scanner. Raises NotFound."""
        return _to_view(self._record(keys, scanner))

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of scanners, newest first."""
        records, following = self.store.some(keys, limit=limit, cursor=cursor)
        return Page([_to_view(record) for record in records], following)


def _to_record(fields: View) -> dict[str, str | int]:
    return {_SET[name]: _to_text(value) for name, value in fields.items() if name in _SET}


def _to_text(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, list) else value


def _to_view(record: Record) -> View:
    return {
        "scanner_id": int(record["id"]),
        "name": record["name"],
        "enabled": record["enabled"] == "1",
        "allowed_ips": json.loads(record.get("allowed") or "[]"),
        "target_capacity": int(record["cap_targets"]),
        "task_capacity": int(record["cap_tasks"]),
        "job_capacity": int(record["cap_jobs"]),
        "max_probes_per_second": int(record["rate"]) if record.get("rate") else None,
        "group_ids": [int(group) for group in record["groups"].split(",") if group],
        "status": _status(record),
        "last_seen_at": record.get("seen"),
        "version": record.get("version"),
        "engines": [engine for engine in record.get("engines", "").split(",") if engine],
        "in_use": {
            "targets": int(record.get("targets", 0)),
            "tasks": int(record.get("tasks", 0)),
            "jobs": int(record["jobs"]),
        },
        "created_at": record["created"],
    }


def _status(record: Record) -> str:
    if record["enabled"] != "1":
        return "disabled"
    if record.get("drain") == "1" or "retired" in record:
        return "draining"
    return "online" if record["online"] == "1" else "offline"
