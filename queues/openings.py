"""Open intervals of a scan: what waits to be handed out, as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.intervals import Interval
from domain.rules import Chain


@dataclass(frozen=True, slots=True)
class Opening:
    """Indices first … last-1 of one segment with one chain of subnets (ids, outermost first).

    task: whose they were, if they came back.
    """

    first: int
    last: int
    segment: int
    task: int | None = None
    chain: Chain = ()

    @property
    def interval(self) -> Interval:
        """First and last (exclusive) index."""
        return self.first, self.last

    def encode(self) -> str:
        """One line of text that `decode` reads, and lua/lib/slice.lua."""
        task = "" if self.task is None else self.task
        return f"{self.first}:{self.last}:{self.segment}:{task}:{encode_chain(self.chain)}"

    @staticmethod
    def decode(text: str) -> Opening:
        """Read what `encode` wrote."""
        first, last, segment, task, chain = text.split(":")
        return Opening(
            int(first), int(last), int(segment), int(task) if task else None, decode_chain(chain)
        )


def encode_chain(chain: Chain) -> str:
    """Ids of subnets, comma-separated."""
    return ",".join(map(str, chain))


def decode_chain(text: str) -> Chain:
    """Read what `encode_chain` wrote."""
    return tuple(int(subnet) for subnet in text.split(",") if subnet)
