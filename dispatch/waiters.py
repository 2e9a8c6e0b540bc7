"""The parked polls of a process: which wait for a scanner's work, and what each has heard."""

from __future__ import annotations

import threading
from collections.abc import Callable

from queues.exchange import Claimed
from queues.keys import SiteKeys
from queues.wakes import Park

Name = tuple[SiteKeys, int]  # a scanner of a site
Claim = Callable[[Park | None], Claimed]  # told how to be parked when there is nothing


class Waiter:
    """One poll of a scanner, which claims now and again until a moment of the process's clock."""

    __slots__ = (
        "_heard", "_looked", "_said", "_tell", "aside", "claim", "found", "leaving", "listed",
        "name", "until",
    )  # fmt: skip

    def __init__(self, name: Name, claim: Claim, until: float) -> None:
        self.name = name
        self.claim = claim
        self.until = until
        self.found: Claimed | None = None  # while it was aside
        self.aside = False  # whether somebody else sees to it now
        self.leaving = False
        self.listed = False  # whether the store may call it
        self._heard = 0
        self._looked = 0
        self._said = False
        self._tell: Callable[[], object] | None = None

    @property
    def called(self) -> bool:
        """Whether it was called, and has not claimed since."""
        return self._heard > self._looked

    def call(self) -> None:
        """There may be work: claim."""
        self._heard += 1
        self.listed = False
        self.nudge()

    def leave(self) -> None:
        """Nobody waits for the answer any more, or nobody may: do not claim."""
        self.leaving = True
        self.nudge()

    def nudge(self) -> None:
        """It may be time to claim, or to go: see for yourself."""
        self._said = True
        self._pass_on()

    def listen(self) -> int:
        """From now on whatever is said counts as new; answers what was heard until now."""
        self._said, self._tell = False, None
        return self._heard

    def looked(self, heard: int) -> None:
        """A claim has seen to what had been heard when it began."""
        self._looked = heard

    def on_word(self, tell: Callable[[], object]) -> None:
        """Say so, once, when something has been said since `listen`."""
        self._tell = tell
        if self._said or self.leaving:
            self._pass_on()

    def _pass_on(self) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()


class Waiters:
    """All waiters of a process; several may wait for one scanner."""

    def __init__(self) -> None:
        self._waiting: dict[Name, list[Waiter]] = {}
        self._count = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def of(self, name: Name) -> list[Waiter]:
        """Those that wait for a scanner's work."""
        with self._lock:
            return list(self._waiting.get(name, ()))

    def everyone(self) -> list[Waiter]:
        """All of them."""
        with self._lock:
            return [each for waiting in self._waiting.values() for each in waiting]

    def names(self) -> list[Name]:
        """The scanners for whose work somebody waits."""
        with self._lock:
            return list(self._waiting)

    def add(self, waiter: Waiter, *, most: int) -> bool:
        """Whether there was room for another."""
        with self._lock:
            if self._count >= most:
                return False
            self._count += 1
            self._waiting.setdefault(waiter.name, []).append(waiter)
            return True

    def remove(self, waiter: Waiter) -> bool:
        """Whether it was there, and the last that waited for its scanner's work."""
        with self._lock:
            waiting = self._waiting.get(waiter.name, [])
            if waiter not in waiting:
                return False
            self._count -= 1
            waiting.remove(waiter)
            if not waiting:
                del self._waiting[waiter.name]
            return not waiting
