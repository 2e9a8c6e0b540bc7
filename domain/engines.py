"""Engines and their arguments: an allow-list each, typed; never free text that reaches a shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[Any], str | None]


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "Must be true or false."


def _between(lowest: float, highest: float, kind: type = float) -> Check:
    wanted = (int,) if kind is int else (int, float)
    unit = "a whole number" if kind is int else "a number"

    def check(value: Any) -> str | None:
        fits = isinstance(value, wanted) and not isinstance(value, bool)
        if fits and lowest <= value <= highest:
            return None
        return f"Must be {unit} from {lowest} to {highest}."

    return check


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"Must be one of {', '.join(allowed)}."


ENGINES: dict[str, dict[str, Check]] = {
    "connect": {
        "timeoutSeconds": _between(0.1, 30),
        "banner": _flag,
        "report": _one_of("open", "all"),
    },
    "nmap": {"timing": _between(0, 5, int), "versionDetection": _flag},
}


def wrong_arguments(engine: str, arguments: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with these arguments: argument -> sentences; empty where nothing is."""
    allowed = ENGINES.get(engine, {})
    wrong: dict[str, list[str]] = {}
    for name, value in arguments.items():
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            wrong[name] = [f"Engine {engine} has no such argument; it has {known}."]
        elif sentence := allowed[name](value):
            wrong[name] = [sentence]
    return wrong
