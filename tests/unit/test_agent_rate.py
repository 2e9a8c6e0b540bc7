"""The token bucket, the backoff and the lease, each by a clock that the test turns."""

import bisect
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.backoff import Backoff, idle
from agent.brake import Brake
from agent.lease import Lease
from agent.rate import CREDIT_SECONDS, PACE, Pacer


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


def probes(pacer: Pacer, clock: Clock, seconds: float, stalls: list[float]) -> list[float]:
    """When probes go, by a prober that waits as told and then sleeps too long by `stalls`."""
    times: list[float] = []
    while clock.now < seconds:
        ticket = pacer.ticket()
        while (wait := pacer.wait(ticket)) > 0:
            clock.now += max(wait, 1e-6)
        clock.now += stalls[len(times) % len(stalls)]
        pacer.went(ticket)
        times.append(clock.now)
    return times


def most_within(times: list[float], window: float) -> int:
    """The most probes in any window of so many seconds."""
    return max((bisect.bisect_left(times, t + window) - n for n, t in enumerate(times)), default=0)


@settings(deadline=None, max_examples=50)
@given(
    st.integers(20, 300),
    st.lists(st.floats(0, 0.03), min_size=1, max_size=5),
)
def test_the_rate_holds_through_late_sleepers(rate: int, stalls: list[float]) -> None:
    """Within 2 % over 5 s, and in no second more than 5 % above."""
    clock = Clock()
    scattered = [late for stall in stalls for late in (stall, *[0.0] * 15)]
    times = probes(Pacer(rate, now=clock), clock, 6.0, scattered)
    over_five = sum(0.5 <= t < 5.5 for t in times)

    assert abs(over_five - 5 * rate) <= 0.02 * 5 * rate + 1
    assert most_within(times, 1.0) <= 1.05 * rate


@settings(deadline=None, max_examples=100)
@given(
    st.integers(1, 400),
    st.lists(st.floats(0, 3.0), min_size=1, max_size=9),
)
def test_no_second_has_more_however_late_sleepers_are(rate: int, stalls: list[float]) -> None:
    """At any rate, one a second too, whatever the stalls: at most 5 % above, rounded down."""
    clock = Clock()
    scattered = [late for stall in stalls for late in (stall, *[0.0] * rate)]
    times = probes(Pacer(rate, now=clock), clock, 12.0, scattered)

    assert most_within(times, 1.0) <= max(1, int(1.05 * rate))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 300), st.lists(st.floats(0.05, 3.0), min_size=2, max_size=9))
def test_a_rate_that_passes_from_task_to_task_holds(rate: int, lives: list[float]) -> None:
    """Each task has a pacer of its own, begun when the last one ended: no second has more."""
    clock = Clock()
    times: list[float] = []
    for life in lives:
        times += probes(Pacer(rate, now=clock), clock, clock.now + life, [0.0])

    assert most_within(times, 1.0) <= max(1, int(1.05 * rate))


def test_the_first_probe_waits_its_turn() -> None:
    """So many probes take so many intervals: the first goes after one."""
    clock = Clock()
    times = probes(Pacer(10, now=clock), clock, 1.0, [0.0])

    assert times[0] == pytest.approx(1 / 9.9, abs=1e-3)
    assert times[1] - times[0] == pytest.approx(1 / 9.9, abs=1e-3)


def test_a_long_stall_is_not_made_up_for() -> None:
    """After a pause of seconds there is no burst beyond the credit."""
    clock = Clock()
    pacer = Pacer(1000, now=clock)
    clock.now = 10.0
    at_once = 0
    while pacer.wait(ticket := pacer.ticket()) <= 0:
        pacer.went(ticket)
        at_once += 1

    assert at_once == 1000 * PACE * CREDIT_SECONDS // 1 + 1


def test_tickets_given_before_a_stall_are_not_made_up_for_either() -> None:
    """Threads that slept through a pause together go on one by one when it is over."""
    clock = Clock()
    pacer = Pacer(100, now=clock)
    waiting = [pacer.ticket() for _ in range(50)]
    clock.now = 10.0
    gone = 0
    for ticket in waiting:
        if pacer.wait(ticket) <= 0:
            pacer.went(ticket)
            gone += 1

    assert gone <= 1 + 100 * CREDIT_SECONDS


def test_what_is_lent_is_missing_while_it_is_lent() -> None:
    """A rate lent to a child process slows the rest down."""
    clock = Clock()
    pacer = Pacer(100, now=clock)
    with pacer.lent(60):
        lent = pacer.wait(pacer.ticket())
    back = pacer.wait(2)

    assert lent == pytest.approx(1 / 40 / PACE)
    assert back == pytest.approx(2 / 100 / PACE)


def test_a_rate_that_comes_back_is_used_at_once() -> None:
    """Whoever waits while all is lent waits no longer than until it is back."""
    clock = Clock()
    pacer = Pacer(100, now=clock)
    with pacer.lent(100):
        ticket = pacer.ticket()
        asleep = pacer.wait(ticket)
        clock.now += asleep

    assert 0 < asleep <= 0.5
    assert pacer.wait(ticket) <= 1 / 100 / PACE


def test_threads_share_one_rate() -> None:
    """However many threads ask, their moments are one interval apart."""
    pacer = Pacer(1000, now=lambda: 0.0)
    waits: list[float] = []
    threads = [
        threading.Thread(target=lambda: waits.extend(pacer.wait(pacer.ticket()) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == pytest.approx([n / 1000 / PACE for n in range(1, 201)])


def test_backoff_is_full_jitter_below_a_ceiling() -> None:
    """Waits are spread from zero to a ceiling that doubles up to its cap."""
    backoff = Backoff(base=1.0, cap=8.0)
    waits = [backoff.failed() for _ in range(200)]

    assert waits[0] <= 1.0
    assert waits[1] <= 2.0
    assert max(waits) <= 8.0
    assert min(waits[4:]) < 2.0
    assert max(waits[4:]) > 6.0


def test_retry_after_is_a_floor() -> None:
    """What the server asks for is waited at least, in failure and in idleness."""
    assert Backoff().failed(7.0) >= 7.0
    assert 2.0 <= idle(2.0) <= 2.5
    assert idle(0.0) > 0.0


def test_a_lease_runs_from_when_the_call_was_sent() -> None:
    """A lease ends its seconds after the last answered call was sent, and never moves back."""
    clock = Clock()
    lease = Lease(sent_at=0.0, seconds=10.0, now=clock)
    lease.renewed(5.0)
    lease.renewed(3.0)
    clock.now = 14.9

    assert not lease.over
    clock.now = 15.0

    assert lease.over
    assert Brake(lease).on
    assert not Brake(lease).pulled
