"""workers.wheel: calls come late by a tick at most, never early, and never twice."""

from __future__ import annotations

import time

import gevent

from workers.wheel import Wheel

TICK_SECONDS = 0.02


def test_a_call_comes_at_the_tick_after_its_time() -> None:
    """Never before it; others of the same tick come with it."""
    wheel, came = Wheel(tick_seconds=TICK_SECONDS), list[tuple[int, float]]()
    began = time.monotonic()
    for number in range(3):
        wheel.after(0.03, lambda number=number: came.append((number, time.monotonic() - began)))
    gevent.sleep(0.03 + 2 * TICK_SECONDS)

    assert [number for number, _ in came] == [0, 1, 2]
    assert min(seconds for _, seconds in came) >= 0.03
    assert wheel._ticks == {}


def test_what_is_forgotten_is_not_called() -> None:
    """The others of its tick are; to forget it once more does nothing."""
    wheel, came = Wheel(tick_seconds=TICK_SECONDS), list[int]()
    first, second = (wheel.after(0, lambda n=n: came.append(n)) for n in (1, 2))
    wheel.forget(first)
    wheel.forget(first)
    gevent.sleep(2 * TICK_SECONDS)
    wheel.forget(second)

    assert came == [2]


def test_a_call_that_fails_does_not_keep_others_from_theirs() -> None:
    """Gevent tells of it; here it is told to whoever asks."""
    wheel, came, told = Wheel(tick_seconds=TICK_SECONDS), list[int](), list[object]()
    hub = gevent.get_hub()
    tell, hub.handle_error = hub.handle_error, lambda *problem: told.append(problem[1])
    wheel.after(0, lambda: came[0])
    wheel.after(0, lambda: came.append(1))
    gevent.sleep(2 * TICK_SECONDS)
    hub.handle_error = tell

    assert (came, told) == ([1], [IndexError])
