"""The Lua scripts as texts: each with the steps that it includes, or all of them as one library."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "lua"
LIBRARIES = "scan_dispatch_"
_INCLUDE = re.compile(r"^-- include: (\w+)\n", re.MULTILINE)
_FLAG = re.compile(r"^-- flag: ([\w-]+)\n", re.MULTILINE)
_DEFINES = re.compile(r"^local (?:function )?(\w+(?:, \w+)*)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_FREES = "allow-oom"
# What scripts use of the server and of Lua is looked up once, not at each use. A server has none of
# it yet while it loads a library: there the first call does so.
_GLOBALS = "redis, string, math, table, unpack, next, pairs, ipairs, tonumber, setmetatable"
_OF_SCRIPT = f"local KEYS, ARGV = KEYS, ARGV\nlocal {_GLOBALS} = {_GLOBALS}\n"
_OF_LIBRARY = f"""local KEYS, ARGV
local register = redis.register_function
local function globals()
  return {_GLOBALS}
end
local {_GLOBALS}
local function look_up()
  {_GLOBALS} = globals()
end
"""


@dataclass(frozen=True)
class Library:
    """All scripts as functions, for a server that keeps such: steps are defined once.

    Names carry a digest of the text, so that two versions of the product serve beside each other.
    """

    name: str
    text: str
    functions: dict[str, str]


@cache
def source(script: str) -> str:
    """The whole text of a script, for EVAL.

    It has no flags: one that frees room begins with what a full store takes, and then takes all.
    """
    first = _read("eval/frees") if _FREES in _flags(script) else ""
    return f"{_OF_SCRIPT}{first}{_steps([script])}begin()\n{_body(script)}"


@cache
def library() -> Library:
    """The library of this version."""
    scripts = sorted(path.stem for path in FOLDER.glob("*.lua"))
    steps = _steps(scripts)
    nameless = [_OF_LIBRARY, steps, *(_function("", script) for script in scripts)]
    digest = sha256("\n".join(nameless).encode()).hexdigest()[:12]
    functions = {script: f"{script}_{digest}" for script in scripts}
    name = f"{LIBRARIES}{digest}"
    texts = [f"#!lua name={name}\n{_OF_LIBRARY}", steps]
    texts += [_function(function, script) for script, function in functions.items()]
    return Library(name, "".join(texts), functions)


def _function(function: str, script: str) -> str:
    """The statement that registers a script under this name."""
    flags = ", ".join(f"'{flag}'" for flag in _flags(script))
    return (
        f"register{{ function_name = '{function}', flags = {{ {flags} }},\n"
        "callback = function(keys, args)\nKEYS, ARGV = keys, args\n"
        f"if not redis then look_up() end\nbegin()\n{_body(script)}end }}\n"
    )


def _flags(script: str) -> list[str]:
    return _FLAG.findall(_read(script))


def _body(script: str) -> str:
    return _INCLUDE.sub("", _read(script))


def _steps(scripts: Iterable[str]) -> str:
    """The definitions of each step that these scripts need, once, before whoever needs it.

    What a step keeps to itself is local to it: Lua allows 200 local names in one scope, and looks
    through those that functions share for each name that each of them uses.
    """
    found: list[str] = []
    for script in scripts:
        _find_steps(script, found)
    texts = [_body(f"lib/{step}") for step in found]
    bodies = "".join(_body(script) for script in scripts) + "begin"
    return "".join(map(_block, texts, _shared([*texts, bodies])))


def _shared(texts: list[str]) -> list[set[str]]:
    """Of each step, the names that those after it use, and those defined in one line with them."""
    used = [set(_WORD.findall(text)) for text in texts]
    later = [set[str]()]
    for words in reversed(used[1:]):
        later.append(later[-1] | words)
    lines = [[{*_WORD.findall(found)} for found in _DEFINES.findall(text)] for text in texts]
    return [
        set[str]().union(*(line for line in own if line & after))
        for own, after in zip(lines, reversed(later), strict=True)
    ]


def _block(text: str, shared: set[str]) -> str:
    """A step in a scope of its own, outside of which are the names it shares.

    '' where it shares none and writes nothing (lib/write_back).
    """

    def define(match: re.Match[str]) -> str:
        is_shared = set(_WORD.findall(match[1])) <= shared
        return match[0].removeprefix("local ") if is_shared else match[0]

    if not shared and "WRITERS[" not in text:
        return ""
    names = f"local {', '.join(sorted(shared))}\n" if shared else ""
    return f"{names}do\n{_DEFINES.sub(define, text)}end\n"


def _read(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def _find_steps(name: str, found: list[str]) -> None:
    """Add the steps that this one needs, each after those that it needs itself."""
    for step in _INCLUDE.findall(_read(name)):
        if step not in found:
            _find_steps(f"lib/{step}", found)
            found.append(step)
