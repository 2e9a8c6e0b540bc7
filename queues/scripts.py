"""Runs the Lua scripts on one store."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha1
from time import monotonic, perf_counter
from typing import Any

import redis
import structlog
from redis.exceptions import NoScriptError, ResponseError

from queues.keys import SiteKeys
from queues.pool import ask
from queues.sources import LIBRARIES, library, source

_log = structlog.get_logger(__name__)

LIBRARIES_KEPT = 8
SECONDS_WITHOUT = 60.0
_NO_FUNCTION = re.compile(r"Function not found|unknown command|'fcall' command", re.IGNORECASE)

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
def digest(name: str) -> str:
    """By which EVALSHA knows a script."""
    return sha1(source(name).encode(), usedforsecurity=False).hexdigest()


class Scripts:
    """Runs scripts as functions of a library, which the server keeps.

    Where it keeps none (Redis 6, no right to, no room for it) they run by EVALSHA, then EVAL.
    """

    def __init__(self, store: redis.Redis, now: Now = server_clock) -> None:
        self._store = store
        self._now = now
        self._functions_from = 0.0  # by the monotonic clock

    def run(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """What the script answers: a word first, then what goes with it."""
        return self._answer(name, keys, [self._now(), *args])

    def run_timeless(self, name: str, keys: SiteKeys, *args: str | int) -> list[Any]:
        """Run a script that needs no clock."""
        return self._answer(name, keys, list(args))

    def prepared(self, name: str) -> tuple[str, str]:
        """The first words of a command that runs the script, which the server now knows."""
        if self._load_library():
            return "FCALL", library().functions[name]
        ask(self._store, "SCRIPT", "LOAD", source(name))
        return "EVALSHA", digest(name)

    def _answer(self, name: str, keys: SiteKeys, args: list[str | int]) -> list[Any]:
        began = perf_counter()
        answer = self._call(name, keys.root, args)
        for watch in _watches:
            watch(name, perf_counter() - began)
        return answer

    def _call(self, name: str, root: str, args: list[str | int]) -> list[Any]:
        if monotonic() >= self._functions_from:
            try:
                return self._ask_function(name, root, args)
            except ResponseError as error:
                if not _NO_FUNCTION.search(str(error)):
                    raise
            if self._load_library():
                return self._ask_function(name, root, args)
        try:
            return self._ask("EVALSHA", digest(name), root, args)
        except NoScriptError:
            return self._ask("EVAL", source(name), root, args)

    def _ask_function(self, name: str, root: str, args: list[str | int]) -> list[Any]:
        return self._ask("FCALL", library().functions[name], root, args)

    def _ask(self, command: str, what: str, root: str, args: list[str | int]) -> list[Any]:
        answer: list[Any] = ask(self._store, command, what, 1, root, *args)
        return answer

    def _load_library(self) -> bool:
        """Whether the server now keeps the library; if not, it is asked again in a while."""
        try:
            ask(self._store, "FUNCTION", "LOAD", library().text)
        except ResponseError as error:
            if "already exists" not in str(error):
                _log.warning("no functions", action="no_functions", error=str(error))
                self._functions_from = monotonic() + SECONDS_WITHOUT
                return False
        else:
            with suppress(ResponseError):  # another process may do the same
                self._forget_libraries()
        return True

    def _forget_libraries(self) -> None:
        """Have few versions kept; one that is still in service loads its own again."""
        rows = ask(self._store, "FUNCTION", "LIST", "LIBRARYNAME", f"{LIBRARIES}*")
        names = {row["library_name"] if isinstance(row, dict) else row[1] for row in rows}
        if len(names) > LIBRARIES_KEPT:
            for name in names - {library().name}:
                ask(self._store, "FUNCTION", "DELETE", name)
