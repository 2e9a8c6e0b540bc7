"""One atomic look at every key of the server, by a script of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import Any

import redis

# type, key and content of each key; of a stream, its entries
LOOK = """
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind, content = redis.call('TYPE', key).ok, nil
  if kind == 'hash' then content = redis.call('HGETALL', key)
  elseif kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'list' then content = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then content = redis.call('SMEMBERS', key)
  elseif kind == 'string' then content = { redis.call('GET', key) }
  elseif string.sub(key, -8) == ':results' then content = redis.call('XRANGE', key, '-', '+')
  else content = {} end
  found[#found + 1] = { kind, key, content }
end
return found
"""

_TASK = re.compile(
    r"(?P<scan>\d+):(?P<first>\d+):(?P<last>\d+):(?P<segment>\d+):(?P<subnets>[\d,]*) "
    r"(?P<attempt>\d+):(?P<scanner>\d+):(?P<claimed>\d+):(?P<rate>\d*):(?P<rated_by>[^|]*)"
    r"\|(?P<request>.*):(?P<expected>\d+)"
)
_KEY = re.compile(r"sd:\{(\w+)\}:?(.*)", re.DOTALL)


class Raw(dict[str, Any]):
    """What follows the site in a key -> content, as Python has it."""

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids in keys of two parts, such as scan:17."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in self:
            kind, _, item = key.partition(":")
            if item and ":" not in item:
                found[kind].append(item)
        return found


def look(client: redis.Redis) -> dict[str, Raw]:
    """Every key of every site."""
    sites: dict[str, Raw] = defaultdict(Raw)
    answer: Any = client.eval(LOOK, 0)
    for kind, key, content in answer:
        named = _KEY.fullmatch(key)
        assert named, f"{key} is of no site"
        sites[named[1]][named[2]] = _read(kind, content)
    return sites


def open_of(raw: Raw, scan: int | str) -> list[str]:
    """A scan's open intervals: what a cut has left of the first one, then its list."""
    front = raw[f"scan:{scan}"].get("front")
    return [*([front] if front else []), *raw.get(f"scan:{scan}:open", [])]


def _read(kind: str, content: list[Any]) -> Any:
    if kind == "hash":
        fields = dict(zip(content[::2], content[1::2], strict=True))
        return _task(fields) if "lease" in fields else fields
    if kind == "zset":
        return {m: int(s) for m, s in zip(content[::2], content[1::2], strict=True)}
    if kind == "set":
        return set(content)
    if kind == "stream":
        return [dict(zip(row[::2], row[1::2], strict=True)) for _, row in content]
    return content


def _task(kept: dict[str, str]) -> dict[str, str]:
    """A task's record with its two texts taken apart."""
    found = _TASK.fullmatch(f"{kept['slice']} {kept['lease']}")
    assert found, kept
    parts = {name: text for name, text in found.groupdict().items() if text or name == "rate"}
    unsaid = {"status": "claimed", "progress": "0", "results": "0"}
    return {"holders": parts["scanner"], **unsaid, **parts, **kept}


def same(what: str, expected: Any, found: Any) -> None:
    """Names the difference."""
    if expected != found and isinstance(expected, dict):
        names = [name for name in expected if expected[name] != found.get(name)]
        expected = {name: expected[name] for name in names}
        found = {name: found.get(name) for name in names}
    assert expected == found, f"{what}: the model has {expected}, the store {found}"


def intervals(rows: list[str] | dict[str, int]) -> list[tuple[int, int]]:
    """From first:last and more."""
    return [(int(row.split(":")[0]), int(row.split(":")[1])) for row in rows]


def addresses(rows: list[str] | dict[str, int]) -> list[int]:
    """Every address of these intervals, as often as it is in them."""
    return [index for first, last in intervals(rows) for index in range(first, last)]
