"""How long a call's script is, by the store's own count, and the script that is as long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis

ADMIN = {"info", "config|resetstat", "hello", "client|setinfo", "ping"}
TRIAL_SPINS = 4000
TRIES = 5
CLOSE_ENOUGH = 0.03


@dataclass(frozen=True)
class Length:
    """What one call costs the store.

    usec: of its scripts. trips: how many scripts. reads, writes: redis.calls in them.
    """

    usec: float
    trips: float
    reads: int
    writes: int

    def __str__(self) -> str:
        return f"{self.usec:.0f} µs in {self.reads + self.writes} redis.calls"


def measured(store: redis.Redis, calls: int, make: Callable[[], object]) -> Length:
    """What the store does while so many calls are made, for each of them."""
    writers = {name for name, about in store.command().items() if "write" in about["flags"]}
    store.config_resetstat()
    make()
    stats = {
        name.removeprefix("cmdstat_"): each for name, each in store.info("commandstats").items()
    }
    scripts = stats.pop("evalsha" if "evalsha" in stats else "fcall")
    inner = {name: each["calls"] for name, each in stats.items() if name not in ADMIN}
    writes = sum(count for name, count in inner.items() if name in writers)
    return Length(
        usec=scripts["usec"] / calls,
        trips=scripts["calls"] / calls,
        reads=round((sum(inner.values()) - writes) / calls),
        writes=round(writes / calls),
    )


def imitate(
    store: redis.Redis,
    name: str,
    wanted: Length,
    answer: int,
    *,
    calls: int,
    make: Callable[[], object],
) -> Length:
    """Have /script/<name> of the bare app make a script as long; answers how long it then is.

    answer: bytes that it returns. make: makes so many calls of it.
    """

    def tried(spins: int) -> Length:
        profile = {"reads": wanted.reads, "writes": wanted.writes, "spins": spins, "answer": answer}
        store.hset(name, mapping=profile)  # type: ignore[arg-type]  # numbers
        return measured(store, calls, make)

    tried(0)  # warm
    least, most = tried(0), tried(TRIAL_SPINS)
    a_spin = max((most.usec - least.usec) / TRIAL_SPINS, 1e-4)
    spins, reached = 0, least
    for _ in range(TRIES):
        off = wanted.usec - reached.usec
        if abs(off) <= CLOSE_ENOUGH * wanted.usec or (off < 0 and spins == 0):
            break
        spins = max(0, round(spins + off / a_spin))
        reached = tried(spins)
    return reached
