"""The claim script from one connection, against one of twelve redis.calls without any choice.

Both run on one server, through the same client, one after the other, a task each; what was claimed
is put away before the next one, so that both always find the same. A machine that is slower for a
while is so for both: the ratio is the median of those of short blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import redis

from benchmarks.bench_site import TIMING, BenchSite, compare, server
from benchmarks.rows import Findings, ratio
from queues.keys import SiteKeys

SCRIPT = Path(__file__).parent.parent / "reference_claim.lua"
REACH = 0.8
PAIRS_A_BLOCK = 250
SCANNER = 1
KEYS = SiteKeys("reference")
WHAT = "claim script / reference script of 12 redis.calls, one connection"
REASONS = {
    WHAT: (
        "The claim makes 13 to 16 commands where the reference makes 12, and decides what that "
        "leaves out: window, capacities, budgets, leases that ran out, repetition, fencing. Of its "
        "instructions in the store three tenths are commands; the rest is Lua's tables, texts "
        "and calls ([decision 018](decisions/018-a-script-writes-once.md))."
    ),
}


def measure(*, quick: bool) -> Findings:
    """One row."""
    found = Findings()
    with server() as client:
        site = BenchSite(client, "ours")
        holder = site.scanner(set_tasks=4)
        site.scan(f"s{holder.scanner}")

        def ours() -> Callable[[], None]:
            leases = site.tasks.claim(holder, limit=1).leases
            assert len(leases) == 1, leases
            return lambda: site.finish(holder, leases)

        theirs = reference(client)
        compare(ours, theirs, rounds=300)  # warm
        blocks = [compare(ours, theirs, rounds=PAIRS_A_BLOCK) for _ in range(6 if quick else 24)]
    ratios = sorted(other / one for one, other in blocks)
    one, other = (median(times) for times in zip(*blocks, strict=True))
    raw = (
        f"claim {one:.0f} µs, the reference {other:.0f} µs, through redis-py (medians); "
        f"{len(ratios)} blocks of {PAIRS_A_BLOCK} pairs: {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )
    found.add(ratio(WHAT, median(ratios), REACH, raw))
    return found


def reference(client: redis.Redis) -> Callable[[], Callable[[], None]]:
    """A claim by the reference script, and afterwards what puts its task away."""
    script = client.register_script(SCRIPT.read_text(encoding="utf-8"))
    me, scan = KEYS.of("scanner", SCANNER), KEYS.of("scan", 1)
    limits = {"cap_targets": 1024, "cap_tasks": 4, "cap_jobs": 1, "targets": 0, "tasks": 0}
    client.hset(me, mapping={"auth": "1", "engines": "connect", "cursor": 0})
    client.hset(me, mapping=limits)  # type: ignore[arg-type]  # numbers
    job = '{"ports":"22,80,443","engine":"connect","engineArgs":{}}'
    client.hset(
        scan,
        mapping={"job": job, "ports": 3, "hosts_per_task": 1, "segment": "b 10.0.0.0 0 16777216"},
    )
    client.zadd(KEYS.of("queue", f"s{SCANNER}", "ready"), {"1": 1})
    client.rpush(KEYS.of("scan", 1, "open"), f"0:{1 << 24}:1::")

    def claim() -> Callable[[], None]:
        word, _, task = script(keys=[KEYS.root], args=[SCANNER, "1", TIMING.lease_ms])
        assert word == "ok", word
        return lambda: put_away(client, task[0])

    return claim


def put_away(client: redis.Redis, task: str) -> None:
    with client.pipeline(transaction=False) as pipe:
        pipe.delete(KEYS.of("task", task))
        for place in (("leases",), ("scan", 1, "tasks"), ("scanner", SCANNER, "tasks")):
            pipe.zrem(KEYS.of(*place), task)
        pipe.hincrby(KEYS.of("scanner", SCANNER), "tasks", -1)
        pipe.hincrby(KEYS.of("scan", 1), "out", -1)
        pipe.execute()
