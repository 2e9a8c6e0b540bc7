"""dispatch.rounds: a call that was lost is noticed, and nobody claims in vain."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import redis
import structlog
from structlog.testing import capture_logs

from dispatch.rounds import ASKED_AT_MOST, STEP_SECONDS, STEPS, Rounds
from dispatch.waiters import Waiter, Waiters
from queues.keys import SiteKeys
from tests.unit.parking_lot import NOTHING

HERE, THERE = SiteKeys("here"), SiteKeys("there")


class Enough(Exception):
    """Ends a walk."""


@dataclass
class Polls:
    """A store that has called some scanners, and remembers what it was asked."""

    called: set[int] = field(default_factory=set)
    asked: list[tuple[SiteKeys, list[int]]] = field(default_factory=list)
    error: Exception | None = None

    def missed(self, keys: SiteKeys, scanners: list[int], process: str) -> list[int]:
        assert process == "ours"
        if self.error:
            raise self.error
        self.asked.append((keys, scanners))
        return [scanner for scanner in scanners if scanner in self.called]


@dataclass
class Walk:
    """The rounds of a process, and who was told something."""

    polls: Polls = field(default_factory=Polls)
    waiters: Waiters = field(default_factory=Waiters)
    said: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.polls, self.waiters, "ours")

    def park(self, scanner: int, keys: SiteKeys = HERE, *, listed: bool = True) -> Waiter:
        waiter = Waiter((keys, scanner), lambda _: NOTHING, 30)
        waiter.listed = listed
        waiter.on_word(lambda: self.said.append(scanner))
        assert self.waiters.add(waiter, most=10_000)
        return waiter


@pytest.fixture
def walk() -> Walk:
    return Walk()


def test_who_was_called_and_has_not_heard_is_told(walk: Walk) -> None:
    """All polls of that scanner, and nobody else."""
    walk.polls.called = {STEPS}
    for scanner in (STEPS, STEPS, 2 * STEPS):
        walk.park(scanner)
    walk.rounds.look(0)

    assert walk.polls.asked == [(HERE, [STEPS, 2 * STEPS])]
    assert walk.said == [STEPS, STEPS]


def test_each_site_is_asked_by_itself(walk: Walk) -> None:
    """A script uses the keys of one."""
    walk.park(STEPS, HERE)
    walk.park(STEPS, THERE)
    walk.rounds.look(0)

    assert walk.polls.asked == [(HERE, [STEPS]), (THERE, [STEPS])]


def test_who_is_not_listed_is_not_asked_for(walk: Walk) -> None:
    """It claims just now, or is told when to."""
    walk.park(STEPS, listed=False)
    walk.rounds.look(0)

    assert walk.polls.asked == []


def test_one_script_is_asked_for_so_many(walk: Walk) -> None:
    """It holds up all others meanwhile."""
    for number in range(ASKED_AT_MOST + 1):
        walk.park(number * STEPS)
    walk.rounds.look(0)

    assert [len(scanners) for _, scanners in walk.polls.asked] == [ASKED_AT_MOST, 1]


def steps(walk: Walk, count: int) -> list[float]:
    """The rests of a walk that is ended after so many steps."""
    rests: list[float] = []

    def rest(seconds: float) -> None:
        if len(rests) == count:
            raise Enough
        rests.append(seconds)

    with pytest.raises(Enough):
        walk.rounds.walk(rest=rest)
    return rests


def test_each_has_its_turn_once_in_a_round(walk: Walk) -> None:
    """One step a second, and the longest poll is looked after before it ends."""
    for scanner in range(STEPS + 1):
        walk.park(scanner)
    rests = steps(walk, STEPS)

    assert rests == [STEP_SECONDS] * STEPS
    assert sum(rests) < 30
    assert [scanners for _, scanners in walk.polls.asked] == [
        [0, STEPS],
        *([n] for n in range(1, STEPS)),
    ]


def test_a_store_that_is_away_does_not_end_the_rounds(walk: Walk) -> None:
    """It is asked again when the next ones have their turn."""
    structlog.reset_defaults()
    walk.park(0)
    walk.park(1)
    walk.polls.error = redis.ConnectionError("gone")

    with capture_logs() as logs:
        steps(walk, 2)

    assert [entry["action"] for entry in logs] == ["round_failed", "round_failed"]
