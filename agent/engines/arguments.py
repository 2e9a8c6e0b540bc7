"""Reads an engine's arguments against its allow-list: typed, bounded, never free text."""

from collections.abc import Collection, Mapping
from typing import Any

from agent.errors import JobError


def refuse_unknown(arguments: Mapping[str, Any], known: Collection[str]) -> None:
    """Only what is known may be there.

    Raises:
        JobError: naming the first that is not.
    """
    for name in arguments:
        if name not in known:
            raise JobError(f"engineArgs: {name[:60]!r} is not one of {', '.join(sorted(known))}")


def flag(arguments: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """True or false."""
    value = arguments.get(name, default)
    if not isinstance(value, bool):
        raise JobError(f"engineArgs: {name} must be true or false")
    return value


def number(
    arguments: Mapping[str, Any], name: str, *, default: float, least: float, most: float
) -> float:
    """A number within bounds."""
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise JobError(f"engineArgs: {name} must be a number from {least} to {most}")
    return value


def choice(
    arguments: Mapping[str, Any], name: str, *, default: str, allowed: tuple[str, ...]
) -> str:
    """One of some words."""
    value = arguments.get(name, default)
    if value not in allowed:
        raise JobError(f"engineArgs: {name} must be one of {', '.join(allowed)}")
    return str(value)
