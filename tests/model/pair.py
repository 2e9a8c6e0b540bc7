"""A site of the product and its model, side by side: every call goes to both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import redis

from tests.model import (
    claims,
    endings,
    fleet,
    heartbeats,
    leases,
    operators,
    parking,
    presence,
    results,
    rules,
    syncing,
    tasks,
)
from tests.model.agreement import agree
from tests.model.calls import Before, check_calls
from tests.model.ear import Ear
from tests.model.invariants import check
from tests.model.looking import Raw, look
from tests.model.product import Product
from tests.model.world import World

MODULES = (
    *(claims, endings, fleet, heartbeats, leases, operators, parking, presence),
    *(results, rules, syncing, tasks),
)


@cache
def _rule(name: str) -> tuple[Callable[..., Any], bool]:
    """The model's function of this name, and whether it judges the product's answer."""
    rule: Callable[..., Any] = next(getattr(m, name) for m in MODULES if hasattr(m, name))
    return rule, "answer" in inspect.signature(rule).parameters


class Pair:
    """One site twice; others are the raw keys of the site that a call must not touch."""

    def __init__(self, client: redis.Redis, ear: Ear, site: str, now: int) -> None:
        self.client = client
        self.ear = ear
        self.world = World(site, now)
        self.product = Product(client, site, lambda: str(self.world.now))
        self.raw = Raw()

    def do(self, name: str, *args: Any) -> tuple[Any, ...]:
        """Ask both the same; they say the same, and then hold the same."""
        self.world.now += int(
            name == "claim" and args[3:] not in {(), (None,)}
        )  # no two park at once
        before = Before.of(self.world)
        said = self.product.call(name, *args)
        rule, judges = _rule(name)
        more = {"answer": _brought(name, said)} if judges else {}
        expected = rule(self.world, *args, **more)
        found = said[0] if isinstance(expected, str) else said
        assert expected == found, f"{name}{args}: the model says {expected}, the product {said}"
        check_calls(self.world, before, self.calls() if before.polls else [])
        return said

    def calls(self) -> list[tuple[int, str]]:
        """Which polls were called since the last time: all of this site."""
        calls = self.ear.calls()
        assert {site for site, _, _ in calls} <= {self.world.name}, f"{calls}"
        return [(scanner, process) for _, scanner, process in calls]

    def look(self, others: dict[str, Raw]) -> dict[str, Raw]:
        """After a call: the invariants hold, both agree, and no other site has changed."""
        raw = look(self.client)
        here = raw.get(self.world.name, Raw())
        check(self.raw, here)
        agree(self.world, here)
        for site, before in others.items():
            assert site == self.world.name or raw.get(site) == before, f"{site} was touched"
        self.raw = here
        return raw


def _brought(name: str, said: tuple[Any, ...]) -> Any:
    if name == "claim":
        return said[1] if said[0] == "ok" else []
    return said[1:] if said[0] == "ok" else None
