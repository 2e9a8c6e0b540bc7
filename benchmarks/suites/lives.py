"""Whole task lives a second over HTTP, against the constant view and against other queues.

A life is a claim, a start and a completion. With `sync` one call says that ten jobs are done,
which also starts them, and brings ten more. With the plain calls a claim brings up to ten, and each
is started and completed by a call of its own. What anybody does with a job is nothing.

Ours is a server that scanners ask over HTTP, as `scandispatch up` starts it by itself: with one
worker less than there are processors. `sync` tells of ten jobs at a time. What syncs come to with
two workers is told beside it.
Each peer is one process, the consumer itself, which speaks to its store directly: BullMQ with one
job in flight or fifty, RQ without its fork for each job, Celery with its solo pool, PostgreSQL by
eight connections of one process. Peers on Redis and we run on the same kind of store, with the
settings of our embedded one (`cli/embedded.py`).

Syncs have no request id, by which a client is given again at once what an answer told it that was
lost: the other queues have nothing like that, and there as here a job waits for its lease to end.
What syncs with ids of their own come to is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Literal

import msgspec

from benchmarks.client import Talk, clock, converse
from benchmarks.connections import connected
from benchmarks.crew import Scanner, register, scan
from benchmarks.peers.running import Peers, peers
from benchmarks.rounds import Rates, Side, in_turn
from benchmarks.rows import AT_LEAST, Findings, Row, ratio
from benchmarks.servers import QUIET, WORKERS, Server, bare, product
from benchmarks.suites.idle import asking

CONNECTIONS = 4
PLAIN_CONNECTIONS = 8
JOBS_A_CALL = 10
SYNC, CONSTANT, PLAIN, SINGLE = "sync", "constant view", "plain calls", "plain calls, claims of one"
NAMED = "sync, each call with a request id"
TWO = "sync, two workers"
BULLMQ, BULLMQ_ONE = "BullMQ, 50 in flight", "BullMQ, one in flight"
CELERY, RQ, POSTGRES = "Celery", "RQ", "PostgreSQL SKIP LOCKED, 8 connections"
REASONS = {
    f"task lives by {SYNC} / {BULLMQ}": (
        "BullMQ's consumer takes the next job in its own process, by the call that ends the last "
        "one, with fifty calls under way at once. A life of ours is also HTTP and JSON, and the "
        "client and workers that read and write them share the cores with the store."
    ),
}


class Job(msgspec.Struct, rename="camel"):
    """What an efficient client reads of a job that it does nothing with."""

    job_id: int
    attempt: int


class Done(msgspec.Struct, rename="camel"):
    """What it says of it."""

    job_id: int
    attempt: int
    state: Literal["completed"] = "completed"


class Asked(msgspec.Struct):
    """The body of a sync."""

    want: int
    jobs: list[Done]


class Said(msgspec.Struct):
    """What is read of the answer."""

    jobs: list[Job]
    errors: list[msgspec.Raw]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Said).decode


@dataclass
class Lives:
    """The product's side: scanners that do nothing with their jobs but report them done."""

    server: Server
    scanners: list[Scanner]
    seconds: float
    count: int = 0

    def by_sync(self, *, named: bool = False) -> float:
        """Four connections, ten jobs a call. named: each call has an id of its own."""
        return self._rate([self._sync(one, named=named) for one in self.scanners[:CONNECTIONS]])

    def by_plain_calls(self, limit: int) -> float:
        """Eight connections, so many jobs a claim."""
        return self._rate([self._plain(one, limit) for one in self.scanners[:PLAIN_CONNECTIONS]])

    def _rate(self, talks: list[Talk]) -> float:
        self.count = 0
        self.until = clock() + self.seconds
        with connected(self.server, len(talks)) as connections:
            self.until = clock() + self.seconds
            seconds = converse(connections, talks).seconds
        return self.count / seconds

    def _sync(self, scanner: Scanner, *, named: bool) -> Talk:
        done: list[Done] = []
        want = JOBS_A_CALL
        for call in count():
            request_id = f"{scanner.id}-{self.until}-{call}" if named else ""
            body = _encode(Asked(want, done))
            answer = yield scanner.post_text("/scanner/sync", body, request_id)
            assert answer.status == 200, answer
            said = _decode(answer.body)
            assert not said.errors, said.errors
            assert len(said.jobs) == want, said
            self.count += len(done)
            if not want:
                return
            want = JOBS_A_CALL if clock() < self.until else 0
            done = [Done(job.job_id, job.attempt) for job in said.jobs]

    def _plain(self, scanner: Scanner, limit: int) -> Talk:
        claim = scanner.get(f"/scanner/jobs?limit={limit}")
        while clock() < self.until:
            answer = yield claim
            jobs = answer.json()["jobs"]
            assert len(jobs) == limit, answer
            for job in jobs:
                path, body = f"/scanner/jobs/{job['jobId']}", {"attempt": job["attempt"]}
                answer = yield scanner.post(f"{path}/start", body)
                assert answer.status == 200, answer
                answer = yield scanner.post(f"{path}/complete", {**body, "status": "completed"})
                assert answer.status == 200, answer
                self.count += 1


def _ours(server: Server, seconds: float) -> Lives:
    scanners = register(server, PLAIN_CONNECTIONS, taskCapacity=100, targetCapacity=100)
    scan(server, scanners)
    return Lives(server, scanners, seconds)


@contextmanager
def sides(*, quick: bool) -> Iterator[tuple[dict[str, Side], Peers]]:
    """Everybody who is measured; a peer's jobs are as many as take it a second or two."""
    few = 3 if quick else 1  # a quick run's part
    with ExitStack() as stack:
        lives, two = (
            _ours(stack.enter_context(product(workers=workers, **QUIET)), seconds=3.0 / few)
            for workers in (None, WORKERS)
        )
        theirs = stack.enter_context(bare())
        others = stack.enter_context(peers())
        yield (
            {
                SYNC: lives.by_sync,
                NAMED: lambda: lives.by_sync(named=True),
                TWO: two.by_sync,
                CONSTANT: asking(theirs, lives.scanners[:CONNECTIONS], "/constant", 3.0 / few),
                BULLMQ: lambda: others.bullmq(30_000 // few, 50),
                BULLMQ_ONE: lambda: others.bullmq(12_000 // few, 1),
                PLAIN: lambda: lives.by_plain_calls(JOBS_A_CALL),
                CELERY: lambda: others.celery(3000 // few),
                SINGLE: lambda: lives.by_plain_calls(1),
                RQ: lambda: others.rq(900 // few),
                POSTGRES: lambda: others.postgres(18_000 // few, 8),
            },
            others,
        )


def measure(*, quick: bool) -> Findings:
    """All sides in turn, and the rows."""
    found = Findings()
    with sides(quick=quick) as (everybody, others):
        rates = in_turn(everybody, 2 if quick else 5)
    for name in everybody:
        if name != CONSTANT:
            found.rates[name] = rates.median(name)
    found.versions |= others.versions
    for row in judged(rates):
        found.add(row)
    for name in (NAMED, TWO, BULLMQ_ONE, SINGLE, POSTGRES):
        found.figures[f"{name}, lives a second"] = rates.raw(name)
    return found


def judged(rates: Rates) -> Iterator[Row]:
    """The rows of the table that are about lives."""

    def against(first: str, second: str, reach: float) -> Row:
        what = f"task lives by {first} / {second}"
        return ratio(what, rates.ratio(first, second), reach, rates.raw(first, second))

    yield against(SYNC, CONSTANT, 2.0)
    yield Row("task lives by sync", rates.median(SYNC), AT_LEAST, 10_000, "/s", raw=rates.raw(SYNC))
    yield against(SYNC, BULLMQ, 1.1)
    yield against(PLAIN, CELERY, 1.0)
    yield against(PLAIN, RQ, 2.0)
