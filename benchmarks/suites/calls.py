"""Each call of the plain protocol against a bare Flask view with one EVALSHA that takes as long.

1. Find out, on one connection, how long each call's script is, and make the bare view's as long.
2. Rounds: tasks live through all calls, each call on all connections at once, and after it (every
   other round before it) the bare view gets the same requests.

Ours can be faster than the bare view, although its scripts are as long: hot calls pass by Flask and
by gunicorn's parser, which the bare view goes through
([decision 021](decisions/021-hot-calls-pass-by.md)).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks import lengths
from benchmarks.client import converse, say
from benchmarks.connections import connected
from benchmarks.crew import register, scan
from benchmarks.lengths import Length
from benchmarks.lives import CALLS, Worker
from benchmarks.rounds import Rates
from benchmarks.rows import Findings, ratio
from benchmarks.servers import PATIENT, QUIET, Server, bare, product
from benchmarks.wire import Answer

CONNECTIONS = 8
CALM = 200  # calls from which a script's length is told
REACH = 0.85
TITLES = {
    "claim": "GET /scanner/jobs",
    "heartbeat": "POST /scanner/heartbeat",
    **{word: f"POST …/{word}" for word in ("start", "progress", "results", "complete", "release")},
}


@dataclass
class Duel:
    """Both servers, the scanners, and what came out so far: call -> rates or lengths."""

    ours: Server
    bare: Server
    workers: list[Worker]
    rates: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    lengths: dict[str, tuple[Length, Length]] = field(default_factory=dict)

    def calibrate(self, call: str) -> None:
        """Step 1, of one call."""
        worker = self.workers[0]
        self._fill(call, [worker], CALM)
        requests, answers = worker.requests(call, CALM), list[list[Answer]]()
        with self.ours.store() as store:
            ours = lengths.measured(store, CALM, lambda: timed(self.ours, [requests], answers))
        worker.heard(call, answers[0])
        size = max(0, len(answers[0][0].body) - len('{"answer":""}'))
        same = [redirected(requests, call)]
        with self.bare.store() as store:
            theirs = lengths.imitate(
                store, call, ours, size, calls=CALM, make=lambda: timed(self.bare, same)
            )
        self.lengths[call] = (ours, theirs)

    def _fill(self, call: str, workers: list[Worker], count: int) -> None:
        """Claim jobs to give back, where that is what is measured."""
        if call == "release":
            answers: list[list[Answer]] = []
            timed(self.ours, [worker.requests("claim", count) for worker in workers], answers)
            for worker, said in zip(workers, answers, strict=True):
                worker.heard("claim", said)

    def round(self, count: int, *, ours_first: bool) -> None:
        """Step 2, once."""
        for call in CALLS:
            self._fill(call, self.workers, count)
            requests = [worker.requests(call, count) for worker in self.workers]
            same = [redirected(each, call) for each in requests]
            ours, theirs = self.rates.setdefault(call, ([], []))
            if not ours_first:
                theirs.append(timed(self.bare, same))
            answers: list[list[Answer]] = []
            ours.append(timed(self.ours, requests, answers))
            if ours_first:
                theirs.append(timed(self.bare, same))
            for worker, said in zip(self.workers, answers, strict=True):
                worker.heard(call, said)


def timed(
    server: Server, requests: list[list[bytes]], answers: list[list[Answer]] | None = None
) -> float:
    """Say all of it, a connection each; answers a second."""
    kept: list[list[Answer]] = [[] for _ in requests]
    with connected(server, len(requests), evenly=len(requests) > 1) as connections:
        tally = converse(connections, [say(*pair) for pair in zip(requests, kept, strict=True)])
    if answers is not None:
        answers += kept
    return tally.rate


def redirected(requests: list[bytes], name: str) -> list[bytes]:
    """The same requests to the bare view."""
    changed = []
    for request in requests:
        method, _, rest = request.split(b" ", 2)
        changed.append(b" ".join([method, b"/script/" + name.encode(), rest]))
    return changed


def measure(*, quick: bool) -> Findings:
    """A row a call."""
    found = Findings()
    count, rounds = (100, 3) if quick else (200, 9)
    with product(**QUIET, **PATIENT) as ours, bare() as theirs:
        scanners = register(ours, CONNECTIONS, taskCapacity=1000, targetCapacity=1000)
        scan(ours, scanners)
        duel = Duel(ours, theirs, [Worker(scanner) for scanner in scanners])
        for call in CALLS:
            duel.calibrate(call)
        for turn in range(rounds):
            duel.round(count, ours_first=turn % 2 == 0)
    for call, (one, other) in duel.rates.items():
        rates = Rates({"ours": one, "bare view": other})
        script, as_long = duel.lengths[call]
        raw = f"{rates.raw('ours', 'bare view')}; scripts: {script}, and {as_long}"
        if script.trips > 1.05:
            raw += f"; {script.trips:.2f} scripts a call"
        what = f"{TITLES[call]} / bare Flask view with one EVALSHA as long"
        found.add(ratio(what, rates.ratio("ours", "bare view"), REACH, raw))
    return found
