"""Looks after parked polls by itself, beneath the calls of the store, which are a hint only.

One short script asks for many polls at once whether the store has called them: it strikes off its
list whom it calls. So a call that was lost is noticed within a round. While a scan is on, each poll
claims again once a round: the store calls the first of those that wait, and counts no further.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import redis
import structlog

from dispatch.waiters import Name, Waiters
from queues.keys import SiteKeys

_log = structlog.get_logger(__name__)

STEPS = 15  # in a round, so each poll of half a minute is looked after once or twice
STEP_SECONDS = 1.0
NUDGE_SECONDS = 0.001  # between two polls that claim again
ASKED_AT_MOST = 100  # scanners, by one script


class Polls(Protocol):
    """The part of the store that knows whom it has called."""

    def missed(self, keys: SiteKeys, scanners: list[int], process: str) -> list[int]:
        """Whom of them it has called, or may have passed over."""


class Rounds:
    """The rounds of one process."""

    def __init__(self, polls: Polls, waiters: Waiters, process: str) -> None:
        self._polls = polls
        self._waiters = waiters
        self._process = process

    def walk(self, *, rest: Callable[[float], None] = time.sleep) -> None:
        """Round after round, for ever."""
        while True:
            for step in range(STEPS):
                rest(STEP_SECONDS)
                try:
                    self.look(step, rest)
                except redis.RedisError as error:
                    _log.info("polls are not looked after", action="round_failed", error=str(error))

    def look(self, step: int, rest: Callable[[float], None] = time.sleep) -> None:
        """Look after the scanners whose turn it is at this step."""
        turn = [name for name in self._waiters.names() if name[1] % STEPS == step]
        for keys, scanners in _by_site(filter(self._is_listed, turn)):
            for scanner in self._polls.missed(keys, scanners, self._process):
                for waiter in self._waiters.of((keys, scanner)):
                    waiter.nudge()
                    rest(NUDGE_SECONDS)

    def _is_listed(self, name: Name) -> bool:
        return any(waiter.listed for waiter in self._waiters.of(name))


def _by_site(names: Iterable[Name]) -> Iterator[tuple[SiteKeys, list[int]]]:
    """The scanners of each site, as many at once as one script takes."""
    sites: dict[SiteKeys, list[int]] = defaultdict(list)
    for keys, scanner in names:
        sites[keys].append(scanner)
    for keys, scanners in sites.items():
        for start in range(0, len(scanners), ASKED_AT_MOST):
            yield keys, scanners[start : start + ASKED_AT_MOST]
