"""Requests that create, named so that a repeated one makes nothing twice."""

from __future__ import annotations

from tests.model.world import World

Asked = tuple[str, str]
NOT_SAID: Asked = ("", "")
Answer = tuple[int, bool] | None


def repeated(world: World, asked: Asked) -> str | tuple[str, int, bool] | None:
    """What a request of this name made before, if it was the same."""
    name, digest = asked
    if name not in world.remembered:
        return None
    before, made = world.remembered[name]
    return ("ok", made, True) if before == digest else "Invalid"


def made(world: World, asked: Asked, item: int) -> tuple[str, int, bool]:
    """Remember it, and say so."""
    if asked[0]:
        world.remembered[asked[0]] = (asked[1], item)
    return "ok", item, False
