"""Invariants 3 and 6 for a limit: what is granted is the recount of its tasks, and not more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from queues.audit.looks import Discrepancy, Record


def judge_grants(
    subject: str, grants: Record, held: Iterable[Record], limit: str | int | None
) -> Iterator[Discrepancy]:
    """What does not add up about the grants of a limit, given the tasks that have some of it."""
    recount: Counter[str] = Counter()
    for task in held:
        recount[task["scanner"]] += int(task.get("rate") or 0)
    recount = +recount
    recount["all"] = recount.total()
    counted = {name: int(rate) for name, rate in grants.items()}
    if counted != dict(+recount):
        text = f"counts {counted} as granted, recount of its tasks {dict(+recount)}"
        yield Discrepancy("counter", subject, text)
    if limit and recount["all"] > int(limit):
        text = f"{recount['all']} probes a second are granted of {limit}"
        yield Discrepancy("rate", subject, text)
