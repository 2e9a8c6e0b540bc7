"""1,000 idle scanners, default settings: commands sent to the store, and time on the cores.

Each does as the agent does: it parks on GET /scanner/jobs?wait=30, rests as Retry-After says, and
says by `sync` that it lives as often as it was told to.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator

import redis

from benchmarks import processes
from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected
from benchmarks.crew import Scanner, register
from benchmarks.rows import AT_MOST, Findings, Row, number
from benchmarks.servers import Server, product

SCANNERS = 1000
WAIT_SECONDS = 30
RAMP_SECONDS = 30.0
SETTLE_SECONDS = 35.0  # every poll has ended once
WHAT = f"{SCANNERS:,} idle scanners, default settings:"
TIME = f"{WHAT} time on a core"
REASONS = {
    TIME: (
        "What is left is two calls a scanner every 32 s, a poll and a sync. They come one by one, "
        "to processes that slept and to caches that others have filled meanwhile, so each takes "
        "several times what it takes among thousands a second; and the slower a core, the more of "
        "it ([decision 022](decisions/022-rounds-beneath-calls.md))."
    ),
}


def measure(*, quick: bool) -> Findings:
    """Two rows."""
    found = Findings()
    seconds = 10.0 if quick else 60.0
    with product() as server:
        scanners = register(server, SCANNERS)
        watch = Watch(server, seconds)
        with connected(server, 1 + SCANNERS, evenly=False) as connections:
            talks = [watch.talk(), *map(idle, scanners)]
            converse(connections, talks, leading=1)
    share, commands = watch.busy / seconds * 100, watch.commands.total() / seconds
    most = ", ".join(f"{name} {number(n / seconds)}" for name, n in watch.commands.most_common(5))
    found.add(Row(f"{WHAT} commands sent to the store", commands, AT_MOST, 150, "/s", most))
    raw = "; ".join(f"{name} {value / seconds:.1%}" for name, value in watch.by_part.items())
    found.add(Row(TIME, share, AT_MOST, 10, "%", raw))
    return found


def idle(scanner: Scanner) -> Talk:
    """An agent with nothing to do."""
    draw = random.Random(scanner.id)
    yield draw.uniform(0, RAMP_SECONDS)
    beat_at = 0.0
    while True:
        if clock() >= beat_at:
            body = {"want": 0, "jobs": [], "version": "1.0", "engines": ["connect"], "load": 0.1}
            answer = yield scanner.post("/scanner/sync", body)
            beat_at = clock() + answer.json()["heartbeatSeconds"]
        answer = yield scanner.get(f"/scanner/jobs?wait={WAIT_SECONDS}")
        assert answer.status == 200, answer
        yield draw.uniform(1, 1.5) * float(answer.header("Retry-After", "2"))


class Watch:
    """What happens in two windows of time once all are parked."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.server, self.seconds = server, seconds
        self.commands: Counter[str] = Counter()
        self.by_part: dict[str, float] = {}

    def talk(self) -> Talk:
        """Rest; see how busy they are; then count, as a store that is listened to is busier."""
        yield RAMP_SECONDS + SETTLE_SECONDS
        before = busy_by_part(self.server)
        yield self.seconds
        after = busy_by_part(self.server)
        self.by_part = {name: after[name] - before[name] for name in after}
        listener = threading.Thread(target=self._listen)
        listener.start()
        yield self.seconds
        listener.join()

    @property
    def busy(self) -> float:
        """Seconds on a core, of all processes."""
        return sum(self.by_part.values())

    def _listen(self) -> None:
        with redis.Redis.from_url(self.server.store_url, decode_responses=True) as store:
            self.commands.update(commands_within(store, self.seconds))


def commands_within(store: redis.Redis, seconds: float) -> Iterator[str]:
    """The commands that clients send meanwhile; those that scripts make are not theirs."""
    with store.monitor() as monitor:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said = monitor.next_command()
            if said["client_type"] != "lua":
                yield said["command"].split(maxsplit=1)[0].lower()


def busy_by_part(server: Server) -> dict[str, float]:
    """Seconds on a core so far: the store, the ingest, and what does upkeep."""
    parts = {"store": 0.0, "ingest": 0.0, "upkeep": 0.0}
    for pid in processes.family(server.root):
        command = processes.command(pid)
        ingest = "ingest" if "gunicorn" in command else "upkeep"
        parts["store" if "valkey" in command or "redis" in command else ingest] += (
            processes.busy_seconds(pid)
        )
    return parts
