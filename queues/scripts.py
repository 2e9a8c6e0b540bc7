"""Loads the Lua scripts, with the steps that they share brought in by their include lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import redis

from queues.keys import SiteKeys

FOLDER = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- include: (\w+)\n", re.MULTILINE)

Now = Callable[[], str]


def server_clock() -> str:
    """The time given to scripts in service: none, so that they ask the server."""
    return ""


@cache
def source(name: str) -> str:
    """The whole text of a script: each included step once, before whoever needs it."""
    seen: set[str] = set()
    return "".join([*_steps(FOLDER / f"{name}.lua", seen), _INCLUDE.sub("", _read(name))])


def _read(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def _steps(path: Path, seen: set[str]) -> Iterator[str]:
    for step in _INCLUDE.findall(path.read_text(encoding="utf-8")):
        if step not in seen:
            seen.add(step)
            yield from _steps(FOLDER / "lib" / f"{step}.lua", seen)
            yield _INCLUDE.sub("", _read(f"lib/{step}"))


class Scripts:
    """Runs scripts on one store: EVALSHA, then EVAL where the server has not seen the script."""

    def __init__(self, store: redis.Redis, now: Now = server_clock) -> None:
        self._store = store
        self._now = now
        self._loaded: dict[str, Any] = {}

    def run(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """What the script answers: a word first, then what goes with it."""
        answer: list[Any] = self.loaded(name)(keys=[keys.root], args=[self._now(), *args])
        return answer

    def run_timeless(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """Run a script that needs no clock."""
        answer: list[Any] = self.loaded(name)(keys=[keys.root], args=list(args))
        return answer

    def loaded(self, name: str) -> Any:
        """The script as redis-py keeps it, for whoever puts many calls into one pipeline."""
        if name not in self._loaded:
            self._loaded[name] = self._store.register_script(source(name))
        return self._loaded[name]
