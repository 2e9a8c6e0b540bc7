"""dispatch.exports.turns: long work that lets others in."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from dispatch.exports import turns


@dataclass
class Clock:
    """Each look at it takes a while."""

    step: float
    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def perf_counter(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.mark.parametrize(("step", "pauses"), [(turns.TURN_SECONDS * 2, 5), (0.0, 0)])
def test_others_are_let_in_after_a_turn(
    monkeypatch: pytest.MonkeyPatch, step: float, pauses: int
) -> None:
    """As often as the clock says, for longer than no time, and with no item lost."""
    clock = Clock(step)
    monkeypatch.setattr(turns, "time", clock)
    items = list(turns.in_turns(range(5 * turns.ITEMS_A_LOOK)))

    assert items == list(range(5 * turns.ITEMS_A_LOOK))
    assert len(clock.slept) == pauses
    assert all(seconds > 0 for seconds in clock.slept)
