"""Waits on an event loop until a probe may go, by every rate that holds for it."""

import asyncio
from collections.abc import Sequence

from agent.rate import Pacer

_SHORTEST_SLEEP_SECONDS = 0.001


async def turn(pacers: Sequence[Pacer]) -> None:
    """Return when it is time; what the last pacer takes is lateness to those before it."""
    tickets = [await _due(pacer) for pacer in pacers]
    for pacer, ticket in zip(pacers, tickets, strict=True):
        pacer.went(ticket)


async def _due(pacer: Pacer) -> int:
    ticket = pacer.ticket()
    while (seconds := pacer.wait(ticket)) > 0:  # noqa: ASYNC110 - it is time that we wait for
        await asyncio.sleep(max(seconds, _SHORTEST_SLEEP_SECONDS))
    return ticket
