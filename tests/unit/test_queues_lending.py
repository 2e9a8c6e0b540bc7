"""Things that are lent: in which order, and to whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, Full
from typing import Any

import pytest

from queues.lending import Lending, _Place


@pytest.fixture
def lending() -> Lending:
    """Of up to three things; none is there."""
    return Lending(3)


def waiting(
    lending: Lending, count: int, got: Callable[[int, Any], None]
) -> list[threading.Thread]:
    """Threads that wait, in this order."""
    threads = []
    for number in range(count):
        thread = threading.Thread(target=lambda n=number: got(n, lending.get(10)))
        thread.start()
        threads.append(thread)
        while len(lending._waiting) <= number:
            thread.join(0.001)
    return threads


def test_what_came_back_last_goes_first(lending: Lending) -> None:
    """It is the warmest."""
    for thing in "abc":
        lending.put_nowait(thing)

    assert [lending.get(0) for _ in range(3)] == ["c", "b", "a"]


class _GivenBackNow(list[Any]):
    """Empty to whoever looks first, just as one comes back."""

    def __init__(self) -> None:
        super().__init__()
        self._is_looked_at = False

    def pop(self, *_: Any) -> Any:
        if not self._is_looked_at:
            self._is_looked_at = True
            self.append("a")
            raise IndexError
        return super().pop()


def test_what_comes_back_before_anybody_is_seen_to_wait_is_found(lending: Lending) -> None:
    """Whoever has found nothing looks again once it can be seen."""
    lending.queue = _GivenBackNow()

    assert lending.get(0.01) == "a"


def test_it_goes_to_whoever_has_waited_longest(lending: Lending) -> None:
    """And to nobody who comes by then, not even to whoever has given it back."""
    got: dict[int, Any] = {}
    threads = waiting(lending, 2, got.__setitem__)
    lending.put_nowait("a")
    with pytest.raises(Empty):
        lending.get(0)
    lending.put_nowait("b")
    for thread in threads:
        thread.join(10)

    assert got == {0: "a", 1: "b"}


def test_who_has_left_is_given_nothing(lending: Lending) -> None:
    """What comes back when its time is over is there for others."""
    with pytest.raises(Empty):
        lending.get(0.01)
    lending.put_nowait("a")

    assert lending.get(0) == "a"


@pytest.mark.parametrize("given", [True, False])
def test_who_is_killed_keeps_nothing(
    lending: Lending, monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    """Whether or not something was given to it by then."""

    def killed(_: _Place, __: float) -> bool:
        if given:
            lending.put_nowait("a")
        raise SystemExit

    monkeypatch.setattr(_Place, "is_filled", killed)
    with pytest.raises(SystemExit):
        lending.get(10)
    if not given:
        lending.put_nowait("a")

    assert lending.get(0) == "a"


def test_a_thing_given_as_the_time_is_over_is_taken(
    lending: Lending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else would ever have it."""

    def late(_: _Place, __: float) -> bool:
        lending.put_nowait("a")
        return False

    monkeypatch.setattr(_Place, "is_filled", late)

    assert lending.get(0) == "a"


def test_no_more_come_back_than_there_are(lending: Lending) -> None:
    """As redis-py counts on when it fills it."""
    for _ in range(3):
        lending.put_nowait(None)

    with pytest.raises(Full):
        lending.put_nowait(None)
