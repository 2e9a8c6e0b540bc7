"""An idle GET /scanner/jobs against a Flask view that returns a constant, the same client."""

from __future__ import annotations

from benchmarks.client import clock, converse, repeat
from benchmarks.connections import connected
from benchmarks.crew import Scanner, register
from benchmarks.rounds import Side, in_turn
from benchmarks.rows import Findings, ratio
from benchmarks.servers import QUIET, Server, bare, product
from benchmarks.wire import get

CONNECTIONS = 8
REACH = 0.5


def measure(*, quick: bool) -> Findings:
    """Rounds of both sides in turn."""
    found = Findings()
    seconds, rounds = (1.0, 3) if quick else (2.0, 7)
    with product(**QUIET) as ours, bare() as theirs:
        scanners = register(ours, CONNECTIONS)
        rates = in_turn(
            {
                "idle claim": asking(ours, scanners, "/scanner/jobs", seconds),
                "constant view": asking(theirs, scanners, "/constant", seconds),
            },
            rounds,
        )
    what = "idle GET /scanner/jobs / Flask view that returns a constant"
    raw = rates.raw("idle claim", "constant view")
    found.add(ratio(what, rates.ratio("idle claim", "constant view"), REACH, raw))
    return found


def asking(server: Server, scanners: list[Scanner], path: str, seconds: float) -> Side:
    """The same GET over and over on every connection, one a scanner."""

    def side() -> float:
        with connected(server, len(scanners)) as connections:
            until = clock() + seconds
            talks = [repeat(get(path, scanner.key), until=until) for scanner in scanners]
            return converse(connections, talks).rate

    return side
