"""The rules of a site: its subnets, exclusions and scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from domain.rules import Rules
from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Asked, Page, Record, Store, flat

RuleKind = Literal["subnet", "exclusion", "scope"]
KINDS: tuple[RuleKind, ...] = ("subnet", "exclusion", "scope")

Mark = tuple[str, str]  # version, and when it came: a store that lost a second counts anew


class RuleStore(Store):
    """A record has cidr, created, and rate (of a subnet) or reason (of an exclusion).

    When read, a subnet also has `granted`: how many probes per second of its limit are out.
    """

    def save(
        self,
        keys: SiteKeys,
        kind: RuleKind,
        rule: int | None,
        fields: Mapping[str, str | int],
        *,
        version: int | None = None,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Create (rule None) or change; answers the id, and whether it was made before.

        version: of the rules that this was checked against. Raises RulesChanged where there is
        a newer one; AlreadyExists, Conflict, NotFound, Invalid.
        """
        answer = self.scripts.run(
            "save_rule",
            keys,
            kind,
            "" if rule is None else rule,
            asked.name,
            asked.digest,
            "" if version is None else version,
            *flat(fields),
        )
        return int(accepted(answer, _called(kind, rule))[0]), answer[0] == "repeated"

    def delete(self, keys: SiteKeys, kind: RuleKind, rule: int) -> None:
        """Delete it. Raises NotFound."""
        accepted(self.scripts.run("delete_rule", keys, kind, rule), _called(kind, rule))

    def get(self, keys: SiteKeys, kind: RuleKind, rule: int) -> Record | None:
        """One record, or None."""
        found = self.record(keys, kind, rule)
        return self._completed(keys, kind, [{"id": str(rule), **found}])[0] if found else None

    def some(self, keys: SiteKeys, kind: RuleKind, *, limit: int, cursor: str) -> Page:
        """A page of records, newest first."""
        page = self.page(keys, (f"{kind}s",), kind, limit=limit, cursor=cursor)
        return Page(self._completed(keys, kind, page.items), page.next_cursor)

    def read(self, keys: SiteKeys) -> Rules:
        """All rules, as they were at one moment."""
        return self.newest(keys)[1]

    def version(self, keys: SiteKeys) -> int:
        """The version of the rules."""
        return int(self.mark(keys)[0])

    def mark(self, keys: SiteKeys) -> Mark:
        """What tells the present rules from all others that this store ever had."""
        return _marked(self.client.hmget(keys.root, "rules", "ruled"))

    def newest(self, keys: SiteKeys) -> tuple[Mark, Rules]:
        """All rules as they were at one moment, and their mark."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.root, "rules", "ruled")
            for kind in KINDS:
                pipe.hgetall(keys.of("cidrs", kind))
            found, *cidrs = pipe.execute()
        mark = _marked(found)
        ids = ({cidr: int(rule) for cidr, rule in one.items()} for one in cidrs)
        return mark, Rules(int(mark[0]), *ids)

    def _completed(self, keys: SiteKeys, kind: RuleKind, records: list[Record]) -> list[Record]:
        if kind != "subnet":
            return records
        with self.client.pipeline(transaction=False) as pipe:
            for record in records:
                pipe.hget(keys.of("subnet", record["id"], "grants"), "all")
            granted = pipe.execute()
        return [{**r, "granted": g or "0"} for r, g in zip(records, granted, strict=True)]


def _marked(found: list[Any]) -> Mark:
    return found[0] or "0", found[1] or ""


def _called(kind: RuleKind, rule: int | None) -> str:
    return f"{kind.capitalize()} {rule}"
