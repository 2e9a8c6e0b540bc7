"""The targets of a job and their order; a /64 is never expanded.

Every address has an index, counted in the order given; a name counts as one address.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from agent.errors import JobError
from agent.ports import Ports

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"(?!-)[\w.-]{1,253}")


@dataclass(frozen=True)
class Target:
    """One line of a job as it came: a network or a name, with its ports."""

    where: Network | str
    ports: Ports

    @property
    def hosts(self) -> int:
        """How many addresses it counts as."""
        return 1 if isinstance(self.where, str) else self.where.num_addresses


@dataclass(frozen=True)
class Block:
    """A network to probe, its first address standing at `index`; `name` where one led here."""

    index: int
    network: Network
    ports: Ports
    name: str | None = None

    def addresses(self) -> Iterator[tuple[int, Address]]:
        """Index and address, one after the other, made as they are asked for."""
        first = int(self.network.network_address)
        make = type(self.network.network_address)
        for offset in range(self.network.num_addresses):
            yield self.index + offset, make(first + offset)

    def index_of(self, address: Address) -> int | None:
        """Where an address stands, or None where it is not in this block."""
        if address.version != self.network.version or address not in self.network:
            return None
        return self.index + int(address) - int(self.network.network_address)


def without(blocks: Iterable[Block], done: Collection[Address]) -> list[Block]:
    """What of the blocks is left, in order; memory follows what is done, not what there is."""
    return [left for block in blocks for left in _gaps(block, done)]


def _gaps(block: Block, done: Collection[Address]) -> Iterator[Block]:
    first = block.network.network_address
    end = int(first) + block.network.num_addresses
    inside = sorted(int(a) for a in done if block.index_of(a) is not None)
    start = int(first)
    for stop in [*inside, end]:
        if start < stop:
            ends = (type(first)(start), type(first)(stop - 1))
            for network in ipaddress.summarize_address_range(*ends):
                index = block.index + int(network.network_address) - int(first)
                yield replace(block, index=index, network=network)
        start = stop + 1


def parse_where(text: str) -> Network | str:
    """Read a CIDR, an address or a name.

    Raises:
        JobError: where it is none of these.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        if "/" in text or ":" in text or not _NAME.fullmatch(text):
            raise JobError(f"not a network or a name: {text[:60]!r}") from error
        return text
