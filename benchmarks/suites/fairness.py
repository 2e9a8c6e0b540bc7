"""p99 ÷ p50 of GET /scanner/jobs on 64 keep-alive connections.

Each asks as fast as it can, for a scanner of its own that has nothing to do. What was asked before
the time was over is waited for, and counts. What is compared is p99 with p50, how much longer than
usual the unlucky wait; gunicorn's own gevent worker has a low p50 because it serves whoever is
first, again and again, while others wait: its p99 says how long.
"""

from __future__ import annotations

from benchmarks.client import Tally, clock, converse, repeat
from benchmarks.connections import connected
from benchmarks.crew import register
from benchmarks.latency import Latency
from benchmarks.rows import AT_MOST, Findings, ratio
from benchmarks.servers import QUIET, Server, bare, product
from benchmarks.wire import get

CONNECTIONS = 64
REACH = 8


def measure(*, quick: bool) -> Findings:
    """One row; the bare app under gunicorn's own worker beside it, which is not judged."""
    found = Findings()
    seconds = 3.0 if quick else 10.0
    with product(**QUIET) as ours, bare() as theirs:
        keys = [scanner.key for scanner in register(ours, CONNECTIONS)]
        tally, other = (
            asked(ours, "/scanner/jobs", keys, seconds),
            asked(theirs, "/constant", keys, seconds),
        )
    latency, bare_latency = Latency.of(tally.times), Latency.of(other.times)
    other_name = "gunicorn's own gevent worker (serves whoever is first), constant view"
    raw = f"{latency}; {other_name}: {bare_latency}"
    what = f"p99 / p50 of GET /scanner/jobs on {CONNECTIONS} keep-alive connections"
    value = latency.at(99) / latency.at(50)
    found.add(ratio(what, value, REACH, raw, direction=AT_MOST))
    found.curves["GET /scanner/jobs, 64 connections"] = latency.curve
    found.curves["constant view, gunicorn's gevent worker, 64 connections"] = bare_latency.curve
    return found


def asked(server: Server, path: str, keys: list[str], seconds: float) -> Tally:
    """The same GET on every connection, until so many seconds are over."""
    with connected(server, len(keys)) as connections:
        until = clock() + seconds
        return converse(connections, [repeat(get(path, key), until=until) for key in keys])
