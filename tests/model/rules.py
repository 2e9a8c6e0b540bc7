"""What operators ask for: subnets, exclusions and scopes that come, change and go; port lists."""

from __future__ import annotations

from typing import Any

from tests.model.asked import Answer
from tests.model.budgets import grants
from tests.model.places import Place, PortList, Subnet
from tests.model.world import FINISHED, World


def places(world: World, kind: str) -> dict[int, Place]:
    """Where the rules of a kind are."""
    if kind == "subnet":
        return {subnet.id: subnet.place for subnet in world.subnets.values()}
    return world.exclusions if kind == "exclusion" else world.scopes


def save_rule(
    world: World,
    kind: str,
    rule: int | None,
    place: Place | None,
    rate: int | None,
    *,
    answer: Answer,
) -> Any:
    """A rule comes, moves, or has another limit; what is granted above it stays granted."""
    known = places(world, kind)
    if rule is not None and rule not in known:
        return "NotFound"
    moves = place is not None and (rule is None or known[rule] != place)
    if moves and place in known.values():
        return "AlreadyExists"
    assert answer is not None, "a good rule was refused"
    number = world.fresh_id(answer[0]) if rule is None else rule
    world.rules += moves
    if kind == "subnet":
        _save_subnet(world, number, place, rate)
    elif place:
        known[number] = place
    return "ok", number, False


def _save_subnet(world: World, number: int, place: Place | None, rate: int | None) -> None:
    found = world.subnets.get(number)
    if found is None:
        assert place is not None
        assert rate is not None
        world.subnets[number] = Subnet(number, place, rate)
        return
    if place and place != found.place:
        found.place, found.moved = place, 0 if number in world.closed else None
    if rate is not None:
        granted = sum(grants(world, f"subnet:{number}").values())
        found.rate, found.peak = rate, granted if granted > rate else 0


def delete_rule(world: World, kind: str, rule: int) -> str:
    """It limits nothing from now on."""
    if rule not in places(world, kind):
        return "NotFound"
    by_kind: dict[str, dict[int, Any]] = {
        "subnet": world.subnets,
        "exclusion": world.exclusions,
        "scope": world.scopes,
    }
    del by_kind[kind][rule]
    world.waiters.pop(f"{kind}:{rule}", None)
    world.rules += 1
    return "ok"


def save_port_list(world: World, port_list: int | None, rate: int | None, *, answer: Answer) -> Any:
    """Scans that use it have its new rate from the next claim on."""
    if port_list is not None and port_list not in world.port_lists:
        return "NotFound"
    assert answer is not None, "a good port list was refused"
    number = world.fresh_id(answer[0]) if port_list is None else port_list
    world.port_lists[number] = PortList(number, rate)
    return "ok", number, False


def delete_port_list(world: World, port_list: int) -> str:
    """Not while an unfinished scan uses it."""
    if port_list not in world.port_lists:
        return "NotFound"
    used = {scan.port_list for scan in world.scans.values() if scan.status not in FINISHED}
    if port_list in used:
        return "Conflict"
    del world.port_lists[port_list]
    return "ok"
