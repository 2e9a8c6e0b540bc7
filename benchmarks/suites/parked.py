"""10,000 parked polls on two workers: their memory, and how soon heartbeats are answered meanwhile.

The polls park one after the other over 28 seconds and again when their 30 are over, so that about
350 end and begin each second, as in a fleet that has been idle for long.
"""

from __future__ import annotations

import resource

from benchmarks import processes
from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected_later
from benchmarks.crew import Scanner, register
from benchmarks.latency import Latency
from benchmarks.rows import AT_MOST, Findings, Row
from benchmarks.servers import Server, product

POLLS = 10_000
WAIT_SECONDS = 30
RAMP_SECONDS = 28.0
SETTLE_SECONDS = 5.0
BEATING = 4  # scanners that are at work meanwhile
BEAT_PAUSE_SECONDS = 0.02
SPARE_FILES = 200


def measure(*, quick: bool) -> Findings:
    """Two rows. A quick run parks a tenth."""
    polls, seconds = (POLLS // 10, 5.0) if quick else (POLLS, 30.0)
    found = Findings()
    with product() as server:
        allow_files(polls + SPARE_FILES)
        scanners = register(server, polls + BEATING)
        before = memory(server)
        watch = Watch(server, seconds)
        talks = [*map(watch.beat, scanners[:BEATING])]
        for number, scanner in enumerate(scanners[BEATING:]):
            talks.append(watch.park(scanner, number * RAMP_SECONDS / polls))
        with connected_later(server, len(talks)) as connections:
            converse(connections, talks, leading=BEATING)
    latency = Latency.of(watch.times)
    resident, store_mb, parked = watch.seen
    raw = f"the two workers, {before:.0f} MB before; {store_mb:.0f} MB the store; {parked:,} polls"
    found.add(Row(f"resident with {polls:,} parked polls", resident, AT_MOST, 350, "MB", raw))
    what = f"heartbeats p99 with {polls:,} parked polls"
    found.add(Row(what, latency.at(99), AT_MOST, 20, "ms", str(latency)))
    found.curves[f"heartbeats beside {polls:,} parked polls"] = latency.curve
    return found


class Watch:
    """Heartbeats once all are parked, and the memory then."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.server, self.seconds = server, seconds
        self.times: list[float] = []
        self.parked = 0
        self.seen: tuple[float, float, int] = (0.0, 0.0, 0)  # workers' MB, store's MB, polls

    def beat(self, scanner: Scanner) -> Talk:
        """Heartbeats with pauses."""
        yield RAMP_SECONDS + SETTLE_SECONDS
        if not any(self.seen):
            with self.server.store() as store:
                store_mb = int(store.info("memory")["used_memory_rss"]) / (1 << 20)
            self.seen = (memory(self.server), store_mb, self.parked)
        until = clock() + self.seconds
        request = scanner.post("/scanner/heartbeat", {"engines": ["connect"]})
        while clock() < until:
            began = clock()
            answer = yield request
            assert answer.status == 200, answer
            self.times.append(clock() - began)
            yield BEAT_PAUSE_SECONDS

    def park(self, scanner: Scanner, after: float) -> Talk:
        """Poll after poll."""
        yield after
        request = scanner.get(f"/scanner/jobs?wait={WAIT_SECONDS}")
        while True:
            self.parked += 1
            began = clock()
            answer = yield request
            self.parked -= 1
            assert answer.status == 200, answer
            assert clock() - began > WAIT_SECONDS / 2, "a poll came back early, with nothing"


def memory(server: Server) -> float:
    """What the workers have resident, in MB."""
    return sum(map(processes.resident_mb, server.workers))


def allow_files(count: int) -> None:
    """Let this process, not the server that runs already, have so many connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert most == resource.RLIM_INFINITY or most >= count, f"ulimit -Hn is {most}, not {count}"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(count, most), most))
