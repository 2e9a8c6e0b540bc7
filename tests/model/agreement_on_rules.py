"""Whether the store has just the rules and budgets that the model has."""

from __future__ import annotations

from typing import Any

from tests.model.budgets import grants
from tests.model.looking import Raw, same
from tests.model.places import Place
from tests.model.rules import places
from tests.model.world import World

KINDS = ("subnet", "exclusion", "scope")


def agree_on_rules(world: World, raw: Raw) -> None:
    """Every rule and port list, and of every budget who has what and who waits."""
    same("the version of the rules", world.rules, int(raw[""].get("rules", 0) if raw else 0))
    for kind in KINDS:
        known = places(world, kind)
        same(f"{kind}s", _cidrs(known), {int(i): raw[f"{kind}:{i}"]["cidr"] for i in raw.ids[kind]})
    for subnet in world.subnets.values():
        record = raw[f"subnet:{subnet.id}"]
        found = [int(record["rate"]), int(record.get("peak", 0)), int(record.get("moved", -1))]
        moved = -1 if subnet.moved is None else subnet.moved
        same(f"subnet {subnet.id}", [subnet.rate, subnet.peak, moved], found)
    for number in [int(i) for i in raw.ids["port-list"]] + list(world.port_lists):
        rate = world.port_lists[number].rate
        same(f"port list {number}", str(rate or ""), raw[f"port-list:{number}"]["rate"])
    budgets = [f"subnet:{subnet}" for subnet in world.subnets]
    budgets += [f"scan:{scan.id}" for scan in world.scans.values() if scan.rate]
    for name in budgets:
        same(name, _expected(world, name), _found(raw, name))
    closed = {int(s): set(raw[f"subnet:{s}:blocked"]) for s in _with_blocked(raw)}
    same("closed", {s: {str(i) for i in scans} for s, scans in world.closed.items()}, closed)


def _cidrs(known: dict[int, Place]) -> dict[int, str]:
    return {rule: place.cidr for rule, place in known.items()}


def _with_blocked(raw: Raw) -> list[str]:
    keys = [key.split(":") for key in raw]
    return [key[1] for key in keys if key[0] == "subnet" and key[-1] == "blocked"]


def _expected(world: World, name: str) -> dict[str, Any]:
    granted = {str(scanner): rate for scanner, rate in grants(world, name).items()}
    if granted:
        granted["all"] = sum(granted.values())
    waiters = {str(scanner): wait for scanner, wait in world.waiters.get(name, {}).items()}
    return {
        "grants": granted,
        "waiters": {scanner: wait.asked for scanner, wait in waiters.items()},
        "turns": {scanner: wait.since for scanner, wait in waiters.items()},
    }


def _found(raw: Raw, name: str) -> dict[str, Any]:
    granted = {field: int(rate) for field, rate in raw.get(f"{name}:grants", {}).items()}
    kept = {what: raw.get(f"{name}:{what}", {}) for what in ("waiters", "turns")}
    return {"grants": granted, **kept}
