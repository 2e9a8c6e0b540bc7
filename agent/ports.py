"""Port lists in nmap's notation: `22,80,8000-8100`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.errors import JobError

LAST_PORT = 65535
_PART = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


@dataclass(frozen=True)
class Ports:
    """Ranges of ports in the order given, both ends included; no port twice."""

    ranges: tuple[range, ...]

    def __iter__(self) -> Iterator[int]:
        for ports in self.ranges:
            yield from ports

    def __contains__(self, port: object) -> bool:
        return any(port in ports for ports in self.ranges)

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def __str__(self) -> str:
        return ",".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in self.ranges)


def parse_ports(text: str) -> Ports:
    """Read a list of ports.

    Raises:
        JobError: where it is no such list, or leaves 1-65535.
    """
    ranges: list[range] = []
    for part in text.split(","):
        fresh = _parse_part(part.strip())
        if not any(fresh.start < r.stop and r.start < fresh.stop for r in ranges):
            ranges.append(fresh)
        else:
            ranges = _merged([*ranges, fresh])
    return Ports(tuple(ranges))


def _parse_part(part: str) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise JobError(f"not a port or a range of ports: {part[:40]!r}")
    first = int(match[1])
    last = int(match[2] or first)
    if not 1 <= first <= last <= LAST_PORT:
        raise JobError(f"ports must be within 1-{LAST_PORT}, in order: {part!r}")
    return range(first, last + 1)


def _merged(ranges: list[range]) -> list[range]:
    merged: list[range] = []
    for ports in sorted(ranges, key=lambda r: r.start):
        if merged and ports.start <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, ports.stop))
        else:
            merged.append(ports)
    return merged
