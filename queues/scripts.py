"""Loads the Lua scripts, with the steps that they share brought in by their include lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import redis
from redis.exceptions import NoScriptError

from queues.keys import SiteKeys
from queues.pool import ask

FOLDER = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- include: (\w+)\n", re.MULTILINE)
_DEFINES = re.compile(r"^local (?:function )?(\w+(?:, \w+)*)", re.MULTILINE)
_WORD = re.compile(r"\w+")

Now = Callable[[], str]
Watch = Callable[[str, float], None]

_watches: list[Watch] = []


def server_clock() -> str:
    """The time given to scripts in service: none, so that they ask the server."""
    return ""


def watch_scripts(watch: Watch) -> None:
    """Tell `watch`, and nobody else, each script of this process: name, seconds to its answer."""
    _watches[:] = [watch]


@cache
def source(name: str) -> str:
    """The whole text of a script: each included step once, before whoever needs it.

    What a step keeps to itself is local to it: Lua allows 200 local names in one scope, and looks
    through those that functions share for each name that each of them uses.
    """
    texts = [_INCLUDE.sub("", _read(f"lib/{step}")) for step in _steps(name, [])]
    texts.append(_INCLUDE.sub("", _read(name)))
    return "".join([*map(_block, texts, _shared(texts)), texts[-1]])


def _shared(texts: list[str]) -> Iterator[set[str]]:
    """Of each step, the names that those after it use."""
    for place, text in enumerate(texts[:-1], start=1):
        own = {name for names in _DEFINES.findall(text) for name in _WORD.findall(names)}
        yield own & set(_WORD.findall("".join(texts[place:])))


def _block(text: str, shared: set[str]) -> str:
    """A step in a scope of its own, outside of which are the names it shares; '' without any.

    A line that defines several names shares all of them, or none.
    """

    def define(match: re.Match[str]) -> str:
        is_shared = set(_WORD.findall(match[1])) <= shared
        return match[0].removeprefix("local ") if is_shared else match[0]

    if not shared:
        return ""
    return f"local {', '.join(sorted(shared))}\ndo\n{_DEFINES.sub(define, text)}end\n"


def _read(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def _steps(name: str, found: list[str]) -> list[str]:
    """The steps that a script needs, each after those that it needs itself."""
    for step in _INCLUDE.findall(_read(name)):
        if step not in found:
            _steps(f"lib/{step}", found)
            found.append(step)
    return found


class Scripts:
    """Runs scripts on one store: EVALSHA, then EVAL where the server has not seen the script."""

    def __init__(self, store: redis.Redis, now: Now = server_clock) -> None:
        self._store = store
        self._now = now
        self._loaded: dict[str, Any] = {}

    def run(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """What the script answers: a word first, then what goes with it."""
        return self._answer(name, keys, [self._now(), *args])

    def run_timeless(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """Run a script that needs no clock."""
        return self._answer(name, keys, list(args))

    def _answer(self, name: str, keys: SiteKeys, args: list[str | int]) -> list[Any]:
        began = perf_counter()
        script = self.loaded(name)
        try:
            answer: list[Any] = ask(self._store, "EVALSHA", script.sha, 1, keys.root, *args)
        except NoScriptError:
            answer = ask(self._store, "EVAL", source(name), 1, keys.root, *args)
        for watch in _watches:
            watch(name, perf_counter() - began)
        return answer

    def loaded(self, name: str) -> Any:
        """The script as redis-py keeps it, for whoever puts many calls into one pipeline."""
        if name not in self._loaded:
            self._loaded[name] = self._store.register_script(source(name))
        return self._loaded[name]
