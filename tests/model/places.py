"""What limits a site: rules of addresses, each with every address that it holds, and port lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """A CIDR, and the same as what it means: how many addresses from which one on, 10.0.0.0 = 0."""

    cidr: str
    first: int
    size: int

    def holds(self, address: int) -> bool:
        return address in range(self.first, self.first + self.size)


@dataclass
class Subnet:
    """A limit in probes per second; peak is what was granted of it when it last changed.

    moved: it was; of the scans that wait for it those up to this receipt were looked at since.
    """

    id: int
    place: Place
    rate: int
    peak: int = 0
    moved: int | None = None


@dataclass
class PortList:
    """Ports under a name; rate bounds each job that probes them."""

    id: int
    rate: int | None
