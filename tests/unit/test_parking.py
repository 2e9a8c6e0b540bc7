"""dispatch.parking: no call is lost, none is kept, and nobody claims for a client that has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest
import redis
import structlog
from structlog.testing import capture_logs

from dispatch.rounds import Rounds
from queues.exchange import Claimed
from tests.unit.parking_lot import NOTHING, WORK, Aside, Line, Lot

SECONDS = 5


@pytest.fixture
def lot() -> Lot:
    return Lot()


def test_work_that_is_there_is_handed_out_at_once(lot: Lot) -> None:
    """A poll that finds work does not wait, and leaves nothing behind."""
    line = Line(lot)
    claimed = lot.poll(WORK, line=line)

    assert (claimed, line.rests, lot.store.unparked, lot.parking.parked) == (WORK, [], [], 0)


def test_who_does_not_want_to_wait_is_not_parked(lot: Lot) -> None:
    """Without `wait` nobody is to be called."""
    claimed = lot.poll(NOTHING, seconds=0)

    assert (claimed, lot.parks) == (NOTHING, [None])


def test_an_empty_poll_is_parked_for_as_long_as_it_waits(lot: Lot) -> None:
    """The store is told which process to call, and until when."""

    def half_way() -> None:
        lot.seconds += 15
        lot.call()

    lot.poll(NOTHING, NOTHING, seconds=30, line=Line(lot, [half_way]))
    [first, second] = lot.parks

    assert first is not None
    assert second is not None
    assert first.process == second.process != ""
    assert (first.ms, second.ms) == (30_000, 15_000)


def test_who_is_called_claims_again(lot: Lot) -> None:
    """At the moment of the call, which takes the name off the list."""
    claimed = lot.poll(NOTHING, WORK, line=Line(lot, [lot.call]))

    assert (claimed, lot.seconds, lot.store.unparked) == (WORK, 1000, [])


def test_a_call_between_the_claim_and_the_wait_is_not_lost(lot: Lot) -> None:
    """It comes while the claim is under way, and the poll claims again instead of waiting."""
    line = Line(lot)
    claimed = lot.poll(lot.called_in_vain, WORK, line=line)

    assert (claimed, lot.seconds) == (WORK, 1000)


def test_who_is_not_called_rests_until_the_end(lot: Lot) -> None:
    """Nothing is claimed in vain meanwhile: the process makes its rounds."""
    line = Line(lot)
    claimed = lot.poll(NOTHING, line=line)

    assert (claimed, line.rests, lot.seconds) == (NOTHING, [30], 1030)


def test_a_scanner_that_is_to_wait_looks_when_that_is_over(lot: Lot) -> None:
    """One that waits after failures is called by nobody when it may work again."""
    claimed = lot.poll(Claimed([], 4000), WORK)

    assert (claimed, lot.seconds) == (WORK, 1004)


def test_a_poll_that_ends_need_not_be_taken_off_the_list(lot: Lot) -> None:
    """The store was told how long it waits."""
    lot.poll(NOTHING)

    assert lot.store.unparked == []


def test_a_call_in_the_last_moment_is_followed(lot: Lot) -> None:
    """Though the time is over: the store will call nobody else."""

    def late() -> None:
        lot.seconds += 30
        lot.call()

    claimed = lot.poll(NOTHING, WORK, line=Line(lot, [late]))

    assert claimed == WORK


def test_who_hangs_up_is_taken_off_the_list(lot: Lot) -> None:
    """Nothing is claimed for a client that has gone."""
    line = Line(lot)
    line.meanwhile = [line.hang_up]
    claimed = lot.poll(NOTHING, line=line)

    assert (claimed, lot.store.unparked, lot.parking.parked) == (NOTHING, [(1, False)], 0)


def test_a_call_for_who_hung_up_is_handed_on(lot: Lot) -> None:
    """Work that one cannot have any more is another's."""
    line = Line(lot)

    def both() -> None:
        lot.call()
        line.hang_up()

    line.meanwhile = [both]
    lot.poll(NOTHING, line=line)

    assert lot.store.unparked == [(1, True)]


def test_a_call_for_nobody_is_handed_on(lot: Lot) -> None:
    """Its poll has ended, or hung up, a moment before."""
    lot.call(scanner=7)

    assert lot.store.unparked == [(7, True)]


def test_a_call_that_comes_beside_the_work_is_handed_on(lot: Lot) -> None:
    """One that looked by itself, and found something, does not keep what it is then called for."""

    def found() -> Claimed:
        lot.call()
        return WORK

    lot.poll(NOTHING, found, line=Line(lot, [lot.parking._nudge_all]))

    assert lot.store.unparked == [(1, True)]


def test_who_finds_work_by_itself_is_taken_off_the_list(lot: Lot) -> None:
    """It is listed since its first claim, and nobody has called."""
    lot.poll(NOTHING, WORK, line=Line(lot, [lot.parking._nudge_all]))

    assert lot.store.unparked == [(1, False)]


def test_all_polls_of_a_scanner_are_called(lot: Lot) -> None:
    """The store knows one of them; whoever is left is listed again by its own claim."""
    brought: list[Claimed] = []

    def another() -> None:
        brought.append(lot.poll(NOTHING, WORK, line=Line(lot, [lot.call]), seconds=30))

    first = lot.poll(NOTHING, NOTHING, NOTHING, line=Line(lot, [another]))

    assert (brought, first) == ([WORK], NOTHING)
    assert lot.store.unparked == []


def test_only_the_last_poll_of_a_scanner_takes_its_name_back(lot: Lot) -> None:
    """The store has one name for all of them, for as long as the longest waits."""

    def another() -> None:
        lot.poll(NOTHING, WORK, seconds=20)

    lot.poll(NOTHING, NOTHING, line=Line(lot, [another]), seconds=29)

    assert [park.ms for park in lot.parks if park][:2] == [29_000, 29_000]
    assert lot.store.unparked == []


def hung_up(lot: Lot) -> None:
    """A poll came, and hung up."""
    line = Line(lot)
    line.meanwhile = [line.hang_up]
    lot.poll(NOTHING, line=line)


@pytest.mark.parametrize("before", [hung_up, Lot.call])
def test_a_newcomer_whose_name_was_taken_back_looks_again(
    lot: Lot, before: Callable[[Lot], object]
) -> None:
    """It claimed between the moment when nobody waited and when the store heard of that."""
    newcomer = Aside(lot)

    def come() -> None:
        lot.store.meanwhile = lambda: None
        lot.poll(NOTHING, line=newcomer)

    lot.store.meanwhile = come
    before(lot)
    said: list[bool] = []
    assert newcomer.waiter is not None
    newcomer.waiter.on_word(lambda: said.append(True))

    assert said == [True]


def test_more_than_there_is_room_for_are_answered_at_once() -> None:
    """As though they had not wanted to wait."""
    lot = Lot(most=1)
    answers: list[Claimed] = []
    line = Line(lot)
    line.meanwhile = [lambda: answers.append(lot.poll(NOTHING, scanner=2))]
    lot.poll(NOTHING, line=line)

    assert answers == [NOTHING]
    assert lot.parks[1] is None
    assert lot.poll(NOTHING, WORK, scanner=2, line=Line(lot, [lambda: lot.call(2)])) == WORK


def test_a_claim_that_fails_ends_the_poll(lot: Lot) -> None:
    """The scanner was disabled, or the store is away; a call that it had heard is handed on."""

    def fail() -> Claimed:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lot.poll(NOTHING, fail, line=Line(lot, [lot.call]))

    assert (lot.store.unparked, lot.parking.parked) == ([(1, True)], 0)


def test_a_store_that_is_away_keeps_nobody(lot: Lot) -> None:
    """Who goes is told the answer, though the store cannot be told that it went."""
    structlog.reset_defaults()
    lot.store.error = redis.ConnectionError("gone")
    line = Line(lot)
    line.meanwhile = [line.hang_up]

    with capture_logs() as logs:
        claimed = lot.poll(NOTHING, line=line)

    assert claimed == NOTHING
    assert [entry["action"] for entry in logs] == ["unpark_failed"]


def test_the_end_answers_all_and_parks_no_more(lot: Lot) -> None:
    """Their names are taken back once all are answered, and nothing is heard after that."""
    claimed = lot.poll(NOTHING, line=Line(lot, [lot.parking.stop]))
    before = list(lot.store.unparked)
    lot.poll(NOTHING, scanner=2)
    lot.parking.close()

    assert claimed == NOTHING
    assert lot.parks[1] is None
    assert (before, lot.store.unparked) == ([], [(1, False)])
    assert lot.ear.closed


def test_rounds_that_have_ended_begin_anew() -> None:
    """With the next poll; those that go on are not begun twice."""
    begun, end = SimpleQueue[threading.Thread](), threading.Event()

    def walk(_: Rounds) -> None:
        begun.put(threading.current_thread())
        end.wait(SECONDS)

    lot = Lot(walk=walk)
    lot.poll(NOTHING)
    lot.poll(NOTHING)
    first = begun.get(timeout=SECONDS)
    is_alone = begun.empty()
    end.set()
    first.join(SECONDS)
    lot.poll(NOTHING)
    second = begun.get(timeout=SECONDS)

    assert is_alone
    assert second is not first


def test_after_a_new_subscription_all_look_again(lot: Lot) -> None:
    """What was said before it was heard by nobody."""
    line = Line(lot, [lot.parking._nudge_all])
    claimed = lot.poll(NOTHING, WORK, line=line)

    assert (claimed, lot.seconds) == (WORK, 1000)


def test_a_poll_put_aside_stays_parked_until_it_comes_back(lot: Lot) -> None:
    """It is answered with what was found for it meanwhile."""
    aside = Aside(lot)
    answer = lot.poll(NOTHING, WORK, line=aside)
    waiter = aside.waiter
    assert waiter is not None
    parked = lot.parking.parked
    lot.call()
    waiter.found = lot.parking.look(waiter) if lot.parking.goes_on(waiter) else None
    waiter.aside = False
    again = lot.poll(line=aside)

    assert (answer, parked, again) == (NOTHING, 1, WORK)
    assert lot.parking.parked == 0


def test_a_poll_may_be_dismissed_twice(lot: Lot) -> None:
    """Whoever had it aside need not know whether it was answered."""
    aside = Aside(lot)
    lot.poll(NOTHING, line=aside)
    assert aside.waiter is not None
    lot.parking.dismiss(aside.waiter)
    lot.parking.dismiss(aside.waiter)

    assert (lot.parking.parked, lot.store.unparked) == (0, [(1, False)])
