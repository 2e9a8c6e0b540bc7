"""What operators have done with the subnets, the exclusions or the scopes of a site."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dispatch.recutting import Recutting
from domain.errors import Invalid, NotFound
from domain.rules import MAX_DEPTH, Rules
from queues.keys import SiteKeys
from queues.rules import RuleKind, RuleStore
from queues.store import Asked, Page, Record

View = dict[str, Any]

# field of a view -> field of a record, and how it is read
_FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "cidr": ("cidr", str),
    "max_probes_per_second": ("rate", int),
    "reason": ("reason", str),
    "granted_probes_per_second": ("granted", int),
    "created_at": ("created", str),
}


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The rules of one kind. A view has the fields of the resource in api.md, in snake case."""

    kind: RuleKind
    store: RuleStore
    recutting: Recutting

    def create(self, keys: SiteKeys, fields: View, asked: Asked) -> View:
        """A new rule. Raises AlreadyExists, Conflict or Invalid."""
        return self.get(keys, self._save(keys, None, fields, asked))

    def change(self, keys: SiteKeys, rule: int, fields: View) -> View:
        """The rule with these fields changed. Raises NotFound, AlreadyExists or Invalid."""
        return self.get(keys, self._save(keys, rule, fields, Asked()))

    def delete(self, keys: SiteKeys, rule: int) -> None:
        """Delete it. Raises NotFound."""
        self.store.delete(keys, self.kind, rule)

    def get(self, keys: SiteKeys, rule: int) -> View:
        """One rule. Raises NotFound."""
        record = self.store.get(keys, self.kind, rule)
        if record is None:
            raise NotFound(f"There is no {self.kind} {rule} in this site.")
        return self._view(record)

    def some(self, keys: SiteKeys, *, limit: int, cursor: str) -> Page:
        """A page of rules, newest first."""
        page = self.store.some(keys, self.kind, limit=limit, cursor=cursor)
        return Page([self._view(record) for record in page.items], page.next_cursor)

    def _save(self, keys: SiteKeys, rule: int | None, fields: View, asked: Asked) -> int:
        record = {_FIELDS[name][0]: value for name, value in fields.items()}

        def save(version: int | None = None) -> int:
            return self.store.save(keys, self.kind, rule, record, version=version, asked=asked)[0]

        def save_if_not_too_deep(rules: Rules) -> int:
            _check_depth(rules, rule, fields["cidr"])
            return save(rules.version)

        if self.kind != "subnet" or "cidr" not in fields:
            return save()
        saved = self.recutting.rules.under(keys, save_if_not_too_deep)
        self.recutting.recut_what_is_out(keys)
        return saved

    def _view(self, record: Record) -> View:
        known = {name: read(record[own]) for name, (own, read) in _FIELDS.items() if own in record}
        return {f"{self.kind}_id": int(record["id"]), **known}


def _check_depth(rules: Rules, rule: int | None, cidr: str) -> None:
    """Whether a subnet, new or moved, may lie here. Raises Invalid."""
    if cidr in rules.subnets:
        return
    if rule is not None:
        others = {text: one for text, one in rules.subnets.items() if one != rule}
        rules = dataclasses.replace(rules, subnets=others)
    depth = rules.depth_with(ipaddress.ip_network(cidr))
    if depth > MAX_DEPTH:
        sentence = f"{depth} subnets would lie inside each other here; at most {MAX_DEPTH} may."
        raise Invalid({"cidr": [sentence]})
