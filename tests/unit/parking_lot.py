"""A process's parking, whose clock, store and clients are the tests'."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dispatch.parking import Parking
from dispatch.rounds import Rounds
from dispatch.waiters import Waiter
from queues.exchange import Claimed, Holder
from queues.keys import SiteKeys
from queues.wakes import Park

KEYS = SiteKeys("default")
NOTHING = Claimed([], 0)
WORK = Claimed(["a task"], 0)  # type: ignore[list-item]  # nobody here looks into it

Unparked = list[tuple[int, bool]]


@dataclass
class Store:
    """Remembers which scanners were taken off the list, and whether their call was handed on."""

    unparked: Unparked = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    error: Exception | None = None

    def unpark(self, _: SiteKeys, scanner: int, process: str, *, handed_on: bool) -> None:
        assert process
        if self.error:
            raise self.error
        self.unparked.append((scanner, handed_on))
        self.meanwhile()

    def unpark_all(self, polls: Iterable[tuple[SiteKeys, int]], process: str) -> None:
        for keys, scanner in polls:
            self.unpark(keys, scanner, process, handed_on=False)


class Deaf:
    """Hears nothing: the tests call."""

    closed = False

    def listen(self, listener: Any) -> None:
        """End at once."""

    def close(self) -> None:
        self.closed = True


@dataclass
class Line:
    """A client that waits: time passes while it rests, unless something has been said."""

    lot: Lot
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    waiter: Waiter | None = None

    def rest(self, waiter: Waiter, seconds: float) -> bool:
        said: list[bool] = []
        waiter.on_word(lambda: said.append(True))
        if not said and self.meanwhile:
            self.meanwhile.pop(0)()
        if not said:
            self.lot.seconds += seconds
        self.rests.append(seconds)
        return True

    def hang_up(self) -> None:
        [waiter] = self.lot.parking._waiters.everyone()
        waiter.leave()


@dataclass
class Aside(Line):
    """One whose requests are put aside."""

    def rest(self, waiter: Waiter, seconds: float) -> bool:
        waiter.aside, self.waiter = True, waiter
        self.rests.append(seconds)
        return False


class Lot:
    """A process's parking, at second 1,000 of its clock."""

    def __init__(self, most: int = 100, walk: Callable[[Rounds], object] = lambda _: None) -> None:
        self.seconds = 1000.0
        self.store, self.ear = Store(), Deaf()
        self.parks: list[Park | None] = []
        self.parking = Parking(
            self.store,  # type: ignore[arg-type]  # of which it needs two methods
            lambda _: self.ear,  # type: ignore[arg-type,return-value]  # likewise two
            most=most,
            now=lambda: self.seconds,
            walk=walk,
        )

    def poll(
        self,
        *claims: Claimed | Callable[[], Claimed],
        line: Line | None = None,
        scanner: int = 1,
        seconds: float = 30,
    ) -> Claimed:
        """One poll, whose claims bring this in succession."""
        coming = list(claims)

        def claim(park: Park | None) -> Claimed:
            self.parks.append(park)
            brought = coming.pop(0)
            return brought() if callable(brought) else brought

        return self.parking.claim(
            Holder(KEYS, scanner, "1"), claim, seconds=seconds, line=line or Line(self)
        )

    def call(self, scanner: int = 1) -> None:
        self.parking.called(KEYS, scanner)

    def called_in_vain(self) -> Claimed:
        """A claim that brings nothing, while somebody is called."""
        self.call()
        return NOTHING
