"""The invariants of design §5, from raw keys alone."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from tests.model.invariants_of_rules import check_rules
from tests.model.looking import Raw, addresses, intervals, open_of
from tests.model.records import HELD
from tests.model.world import ACTIVE, FINISHED

# §4; a script may take two steps at once (cancel, with nothing out)
STEPS = {
    "": {"pending"},
    "pending": {"running", "pausing", "paused", "canceling", "canceled", "completed", "failed"},
    "running": {"pausing", "paused", "canceling", "canceled", "completed", "failed"},
    "pausing": {"paused", "pending", "running", "canceling", "canceled", "completed", "failed"},
    "paused": {"pending", "running", "canceling", "canceled"},
    "canceling": {"canceled"},
    "completed": set(),
    "failed": set(),
    "canceled": set(),
}


def check(before: Raw, raw: Raw) -> None:
    """Everything that holds after every script."""
    for scan in raw.ids["scan"]:
        each_address_once(raw, scan)
        counters_of_scan(raw, scan)
        finished_is_finished(raw, scan)
        status_steps(before, raw, scan)
        jobs_are_somewhere(raw, scan)
    for scanner in raw.ids["scanner"]:
        counters_of_scanner(raw, scanner)
        within_capacity(before, raw, scanner)
    for queue in raw.ids["queue"]:
        ready_in_order(before, raw, queue)
    one_lease_a_task(before, raw)
    check_rules(raw)


def held(raw: Raw, scan: str = "", scanner: str = "") -> list[dict[str, str]]:
    """The tasks that have a lease, of a scan or of a scanner."""
    tasks = [raw[f"task:{task}"] for task in raw.get("leases", {})]
    return [t for t in tasks if scan in {"", t["scan"]} and scanner in {"", t["scanner"]}]


def _size(task: dict[str, str]) -> int:
    return int(task["last"]) - int(task["first"])


def each_address_once(raw: Raw, scan: str) -> None:
    """1: open, in flight, done, failed, excluded or dropped, and never two of these."""
    record, at = raw[f"scan:{scan}"], f"scan:{scan}:"
    flying = [f"{task['first']}:{task['last']}" for task in held(raw, scan)]
    waiting = [*open_of(raw, scan), *raw.get(at + "blocked", {})]
    known = {"open": waiting, "in_flight": flying}
    for state in ("done", "failed", "excluded"):
        known[state] = raw.get(at + state, {})
    everything = [index for rows in known.values() for index in addresses(rows)]
    counts = {state: len(addresses(rows)) for state, rows in known.items()}

    assert len(everything) == len(set(everything)), f"scan {scan}: an address twice: {known}"
    assert set(everything) <= set(range(int(record["total"]))), f"scan {scan}: strange addresses"
    assert counts == {state: int(record[state]) for state in known}, f"scan {scan}: {known}"
    assert sum(counts.values()) + int(record["dropped"]) == int(record["total"]), f"scan {scan}"
    for state in ("done", "failed", "excluded"):
        merged = intervals(known[state])
        assert all(a[1] < b[0] for a, b in pairwise(merged)), f"{state} not merged: {merged}"


def counters_of_scan(raw: Raw, scan: str) -> None:
    """3: what a scan counts is what is there."""
    record = raw[f"scan:{scan}"]
    statuses = Counter(task["status"] for task in held(raw, scan))
    kept = sum(int(batch["count"]) for batch in raw.get(f"scan:{scan}:results", []))

    assert {"claimed": int(record["claimed"]), "running": int(record["running"])} == {
        status: statuses[status] for status in HELD
    }, f"scan {scan}"
    advanced = sum(min(int(task["progress"]), _size(task)) for task in held(raw, scan))
    assert int(record.get("advanced", 0)) == advanced, f"scan {scan}"
    granted = f"scan:{scan}:grants" in raw
    assert granted or "spent" not in record, f"scan {scan} waits for a rate that nobody has"
    assert int(record["results"]) == kept, f"scan {scan}"


def counters_of_scanner(raw: Raw, scanner: str) -> None:
    """3: what a scanner counts is what it holds."""
    record, tasks = raw[f"scanner:{scanner}"], held(raw, scanner=scanner)
    scans = Counter(task["scan"] for task in tasks)

    assert int(record.get("tasks", 0)) == len(tasks), f"scanner {scanner}: {record}"
    assert int(record.get("targets", 0)) == sum(map(_size, tasks)), f"scanner {scanner}: {record}"
    held_of_scans = {f"{scan}={count}" for scan, count in scans.items()}
    assert sorted(record.get("holds", "").split(":")[1:]) == sorted(held_of_scans), record
    listed = {task for task in raw.get("leases", {}) if raw[f"task:{task}"]["scanner"] == scanner}
    assert set(raw.get(f"scanner:{scanner}:held", set())) == listed, f"scanner {scanner}"


def use(raw: Raw, scanner: str) -> tuple[int, int, int]:
    """Tasks, addresses and scans that it holds."""
    tasks = held(raw, scanner=scanner)
    return len(tasks), sum(map(_size, tasks)), len({task["scan"] for task in tasks})


def within_capacity(before: Raw, raw: Raw, scanner: str) -> None:
    """2: what rose is within its limit."""
    record = raw[f"scanner:{scanner}"]
    caps = [int(record[name]) for name in ("cap_tasks", "cap_targets", "cap_jobs")]
    for was, now, cap in zip(use(before, scanner), use(raw, scanner), caps, strict=True):
        assert now <= max(was, cap), f"scanner {scanner} holds {now}, may hold {cap}"


def ready_in_order(before: Raw, raw: Raw, queue: str) -> None:
    """2 and §3: ready scans have something to hand out, and a promotion stays within capacity."""
    ready = raw.get(f"queue:{queue}:ready", {})
    for scan, receipt in ready.items():
        record = raw[f"scan:{scan}"]
        assert record["status"] in ACTIVE, f"{scan} is ready, and {record['status']}"
        assert open_of(raw, scan), f"{scan} is ready, and has nothing open"
        assert raw[f"scan:{scan}:jobs"].get(queue) == "out", f"{scan} is ready in {queue}"
        assert receipt == int(record["receipt"]), f"{scan} has another receipt in {queue}"
    came = ready.keys() - before.get(f"queue:{queue}:ready", {}).keys()
    returned = {scan for scan in came if has_returned(before, raw, queue, scan)}
    cap, held = int(raw[f"queue:{queue}"]["cap"]), len(ready) - len(returned)
    assert came == returned or held <= cap, f"{queue} has {held} ready, may have {cap}"


def has_returned(before: Raw, raw: Raw, queue: str, scan: str) -> bool:
    """Whether it was out before, or was cut anew meanwhile: then it may have been put aside."""
    was_out = before.get(f"scan:{scan}:jobs", {}).get(queue) == "out"
    rules = before.get(f"scan:{scan}", {}).get("rules")
    return was_out or raw[f"scan:{scan}"].get("rules") != rules


def jobs_are_somewhere(raw: Raw, scan: str) -> None:
    """§3: no job is lost: it waits in its list, or is ready, or parked, if it can move at all."""
    record = raw[f"scan:{scan}"]
    is_closed = "spent" in record or not open_of(raw, scan)
    movable = record["status"] in ACTIVE and not is_closed
    for queue, where in raw.get(f"scan:{scan}:jobs", {}).items():
        listed = scan in raw.get(f"queue:{queue}:waiting", [])
        assert listed == (where == "listed"), f"{scan} is {where} in {queue}"
        parked = raw.get(f"queue:{queue}:parked:{record['engine']}", {})
        placed = scan in raw.get(f"queue:{queue}:ready", {}) or scan in parked
        assert placed == (where == "out" and movable), f"{scan} is lost, or too much, in {queue}"


def one_lease_a_task(before: Raw, raw: Raw) -> None:
    """4: who is held has a lease, who has one is held, and attempts only grow."""
    for task in raw.ids["task"]:
        record, was = raw[f"task:{task}"], before.get(f"task:{task}", {})
        assert (record["status"] in HELD) == (task in raw.get("leases", {})), f"{task}: {record}"
        assert int(record["attempt"]) >= int(was.get("attempt", 0)), f"{task}: an older attempt"
    owners = Counter(t for s in raw.ids["scanner"] for t in raw.get(f"scanner:{s}:held", set()))
    assert owners == Counter(dict.fromkeys(raw.get("leases", {}), 1)), "two owners, or none"
    running = {t for t in raw.get("leases", {}) if raw[f"task:{t}"]["status"] == "running"}
    assert set(raw.get("stalls", {})) == running, "stalls are watched of what runs"


def finished_is_finished(raw: Raw, scan: str) -> None:
    """5: a finished scan holds no lease and stands in no queue."""
    record = raw[f"scan:{scan}"]
    over = record["open"] == "0" and record["in_flight"] == "0"
    assert (record["status"] in FINISHED) == over, f"{scan} is {record['status']}: {record}"
    if over:
        assert f"scan:{scan}:jobs" not in raw, f"{scan} has ended, and has jobs"
        assert not open_of(raw, scan), f"{scan} has ended, and has open intervals"


def status_steps(before: Raw, raw: Raw, scan: str) -> None:
    """7: statuses change along §4, and the indexes by status follow."""
    now = raw[f"scan:{scan}"]["status"]
    was = before.get(f"scan:{scan}", {}).get("status", "")
    listed = [name for name in raw.ids["scans"] if scan in raw[f"scans:{name}"]]
    assert now == was or now in STEPS[was], f"{scan} went from {was} to {now}"
    assert listed == [now], f"{scan} is {now}, and listed as {listed}"
