"""Ports in nmap's notation, such as 22,80,8000-8100 (https://nmap.org/book/man-port-specification.html)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOWEST, HIGHEST = 1, 65535
MAX_TEXT = 10_000  # it travels with every range of every job
_ITEM = re.compile(r"(?P<first>[0-9]{0,5})(?P<dash>-?)(?P<last>[0-9]{0,5})")


class PortsError(ValueError):
    """These are no ports."""


@dataclass(frozen=True, slots=True)
class Ports:
    """A set of ports. `text` is canonical: ascending, merged; `count` is how many there are."""

    text: str
    count: int


def parse_ports(text: str) -> Ports:
    """Read ports; open ends such as `8000-` and `-` too. Raises PortsError with a sentence."""
    if len(text) > MAX_TEXT:
        raise PortsError(f"The list of ports has more than {MAX_TEXT} characters.")
    merged: list[tuple[int, int]] = []
    for first, last in sorted(_parse_item(item) for item in text.split(",")):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    items = (str(a) if a == b else f"{a}-{b}" for a, b in merged)
    return Ports(",".join(items), sum(b - a + 1 for a, b in merged))


def _parse_item(item: str) -> tuple[int, int]:
    match = _ITEM.fullmatch(item.strip())
    if match is None or not match.group():
        raise PortsError(f"{item.strip()[:40]!r} is no port; write ports as 22,80,8000-8100.")
    first = int(match["first"] or LOWEST)
    last = int(match["last"] or (HIGHEST if match["dash"] else first))
    if not LOWEST <= first <= HIGHEST or not LOWEST <= last <= HIGHEST:
        raise PortsError(f"{item.strip()!r} is outside {LOWEST}-{HIGHEST}.")
    if last < first:
        raise PortsError(f"{item.strip()!r} is reversed; was {last}-{first} meant?")
    return first, last
