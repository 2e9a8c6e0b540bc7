"""Parks polls: a scanner for which there is no work waits until there is some, and claims again.

A poll is enrolled before it claims, and an empty claim gives its scanner's name to the store, which
takes it when there is work, and calls. So no call is lost between the claim and the wait, as long
as the store can be heard; beneath that the process makes its rounds.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

import redis
import structlog

from dispatch.rounds import NUDGE_SECONDS, Rounds
from dispatch.waiters import Claim, Name, Waiter, Waiters
from queues.exchange import Claimed, Holder
from queues.keys import SiteKeys
from queues.tasks import TaskStore
from queues.wakes import Park, Wakes

_log = structlog.get_logger(__name__)

NEARLY_SECONDS = 0.02  # a poll that would be over so soon is over


class Line(Protocol):
    """How the server of a request lets it wait."""

    waiter: Waiter | None  # of a request that was put aside, and comes again

    def rest(self, waiter: Waiter, seconds: float) -> bool:
        """Wait for a word, up to `seconds`; False where the request is put aside meanwhile.

        It comes again when it has found work. A waiter whose client hangs up is told to leave.
        """


class Parking:
    """The parked polls of one process, at most so many at once."""

    def __init__(
        self,
        tasks: TaskStore,
        open_wakes: Callable[[str], Wakes],
        *,
        most: int,
        now: Callable[[], float] = time.monotonic,
        walk: Callable[[Rounds], object] = Rounds.walk,
    ) -> None:
        self._tasks = tasks
        self._process = secrets.token_hex(8)
        self._wakes = open_wakes(self._process)
        self._most = most
        self._now = now
        self._waiters = Waiters()
        self._walk = partial(walk, Rounds(tasks, self._waiters, self._process))
        self._walker: threading.Thread | None = None
        self._ear: threading.Thread | None = None
        self._starting = threading.Lock()
        self._left: list[Name] = []
        self._closing = False
        self.tell: Callable[[int], None] = _tell_nobody  # how many polls are parked, as it changes

    @property
    def parked(self) -> int:
        """How many polls are parked."""
        return len(self._waiters)

    def claim(self, holder: Holder, claim: Claim, *, seconds: float, line: Line) -> Claimed:
        """What `claim` brings, at once or within `seconds`.

        claim: may be called from anywhere, so it knows all that it needs.
        """
        waiter = line.waiter or self._enrol(holder, claim, seconds)
        if waiter is None:
            return claim(None)
        try:
            claimed = waiter.found or self.look(waiter)
            while (
                not claimed.leases
                and line.rest(waiter, self.rest_seconds(waiter, claimed))
                and self.goes_on(waiter)
            ):
                claimed = self.look(waiter)
            return claimed
        finally:
            if not waiter.aside:
                self.dismiss(waiter)

    def look(self, waiter: Waiter) -> Claimed:
        """Claim for a waiter; the next rest ends at once where it is called meanwhile."""
        heard = waiter.listen()
        park = self._park(waiter)
        claimed = waiter.claim(park)
        waiter.looked(heard)
        if not claimed.leases:
            waiter.listed = park is not None and not claimed.wait_ms  # else nobody is to call it
        return claimed

    def rest_seconds(self, waiter: Waiter, claimed: Claimed) -> float:
        """How long a waiter rests, if nothing is said, after a claim that brought nothing."""
        left = waiter.until - self._now()
        return max(0.0, min(claimed.wait_ms / 1000 or left, left))

    def goes_on(self, waiter: Waiter) -> bool:
        """Whether a waiter whose rest has ended is to claim again."""
        over = self._now() + NEARLY_SECONDS >= waiter.until
        return not waiter.leaving and (waiter.called or not over)

    def is_over(self, waiter: Waiter) -> bool:
        """Whether a waiter is only to be dismissed, for which the store is not asked."""
        return not waiter.called and (self._closing or self._now() >= waiter.until)

    def dismiss(self, waiter: Waiter) -> None:
        """It waits no more. The last of its scanner takes its name back; a call is handed on."""
        last = self._waiters.remove(waiter)
        self.tell(self.parked)
        if last and waiter.called:
            self._unpark(waiter.name, handed_on=True)
        elif last and waiter.listed and self._closing:
            self._left.append(waiter.name)
        elif last and waiter.listed and self._now() < waiter.until:  # else it is off the list
            self._unpark(waiter.name, handed_on=False)

    def called(self, keys: SiteKeys, scanner: int) -> None:
        """The store calls: whoever waits for this scanner's work claims, or else another one."""
        waiting = self._waiters.of((keys, scanner))
        for waiter in waiting:
            waiter.call()
        if not waiting:
            self._unpark((keys, scanner), handed_on=True)

    def subscribed(self) -> None:
        """Calls may have been missed before: all look again, one after another."""
        _beside("nudges", self._nudge_all)

    def stop(self) -> None:
        """Answer all at once, and park no more."""
        self._closing = True
        for waiter in self._waiters.everyone():
            waiter.leave()

    def close(self) -> None:
        """Let the store forget those who were answered by `stop`, and hear no more."""
        with _best_effort():
            self._tasks.unpark_all(self._left, self._process)
        self._wakes.close()

    def _enrol(self, holder: Holder, claim: Claim, seconds: float) -> Waiter | None:
        if not seconds or self._closing:
            return None
        waiter = Waiter((holder.keys, holder.scanner), claim, self._now() + seconds)
        if not self._waiters.add(waiter, most=self._most):
            return None
        self.tell(self.parked)
        self._hear()
        return waiter

    def _park(self, waiter: Waiter) -> Park | None:
        """For as long as any poll of this scanner waits."""
        until = max(each.until for each in self._waiters.of(waiter.name))
        ms = int((until - self._now()) * 1000)
        return Park(self._process, ms) if ms > 0 and not waiter.leaving else None

    def _hear(self) -> None:
        with self._starting:
            if not _is_alive(self._ear):
                self._ear = _beside("wakes", self._wakes.listen, self)
            if not _is_alive(self._walker):
                self._walker = _beside("rounds", self._walk)

    def _nudge_all(self) -> None:
        for waiter in self._waiters.everyone():
            waiter.nudge()
            time.sleep(NUDGE_SECONDS)

    def _unpark(self, name: Name, *, handed_on: bool) -> None:
        with _best_effort():
            self._tasks.unpark(*name, self._process, handed_on=handed_on)
        for newcomer in self._waiters.of(name):
            newcomer.nudge()  # it may be its name that was taken off the list


def _tell_nobody(_: int) -> None:
    """Until somebody wants to know."""


def _beside(name: str, do: Callable[..., object], *args: object) -> threading.Thread:
    """Do it in a thread that ends with the process."""
    thread = threading.Thread(target=do, args=args, name=name, daemon=True)
    thread.start()
    return thread


def _is_alive(thread: threading.Thread | None) -> bool:
    return thread is not None and thread.is_alive()


@contextmanager
def _best_effort() -> Iterator[None]:
    """The store forgets parked polls by itself, a little later."""
    try:
        yield
    except redis.RedisError as error:
        _log.info("a parked poll stays listed", action="unpark_failed", error=str(error))
