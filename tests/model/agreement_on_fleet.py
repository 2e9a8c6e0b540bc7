"""Whether the store and the model agree on scanners, their queues, and the polls parked there."""

from __future__ import annotations

from typing import Any

from tests.model.looking import Raw, same
from tests.model.parking import parked
from tests.model.records import Poll, Queue, Scanner
from tests.model.waits import closed
from tests.model.world import World


def agree_on_fleet(world: World, raw: Raw) -> None:
    """Every scanner, every queue, every poll that is not over."""
    for scanner in world.scanners.values():
        same(f"scanner {scanner.id}", expected_scanner(scanner), found_scanner(raw, scanner.id))
    for name, queue in world.queues.items():
        same(f"queue {name}", expected_queue(world, name, queue), found_queue(raw, name))
    agree_on_polls(world, raw)


def agree_on_polls(world: World, raw: Raw) -> None:
    """Polls that are over are forgotten some time later."""
    polls = {scanner: found_poll(raw, scanner) for scanner in world.scanners}
    waiting = {scanner: poll for scanner, poll in polls.items() if poll and poll.until >= world.now}
    same("polls", {me.id: me.poll for me in parked(world)}, waiting)
    everywhere = {str(scanner): poll.until for scanner, poll in polls.items() if poll}
    same("polls of the site", everywhere, raw.get("polls", {}))
    for name in world.queues:
        there = {me.id for me in world.scanners.values() if polls[me.id] and name in me.queues}
        listed = {int(scanner) for scanner in raw.get(f"queue:{name}:polls", {})}
        assert listed <= there, f"{listed - there} wait at {name}"
        missing = there - listed  # one that joins a group while it takes no work is called later
        same(f"polls of {name}", set(), {one for one in missing if world.scanners[one].available})


def found_poll(raw: Raw, scanner: int) -> Poll | None:
    record = raw[f"scanner:{scanner}"]
    return Poll(record["poll"], int(record["poll_until"])) if "poll" in record else None


def expected_scanner(scanner: Scanner) -> dict[str, Any]:
    capacities = [scanner.target_capacity, scanner.task_capacity, scanner.job_capacity]
    return {
        "auth": scanner.auth,
        "capacities": capacities,
        "groups": scanner.groups,
        "online": scanner.online,
        "seen": scanner.seen if scanner.online else None,
        "cursor": scanner.cursor,
        "failures": scanner.failures,
        "wait_until": scanner.wait_until,
        "waits": scanner.waits,
        "waited": scanner.waited,
    }


def found_scanner(raw: Raw, scanner: int) -> dict[str, Any]:
    record = raw[f"scanner:{scanner}"]
    capacities = ("cap_targets", "cap_tasks", "cap_jobs")
    return {
        "auth": int(record["auth"]),
        "capacities": [int(record[name]) for name in capacities],
        "groups": [int(group) for group in record["groups"].split(",") if group],
        "online": record["online"] == "1",
        "seen": raw.get("online", {}).get(str(scanner)),
        "cursor": int(record.get("cursor", 0)),
        "failures": int(record.get("failures", 0)),
        "wait_until": int(record.get("wait_until", 0)),
        "waits": [name for name in record.get("waits", "").split(",") if name],
        "waited": int(record.get("waited", 0)),
    }


def expected_queue(world: World, name: str, queue: Queue) -> dict[str, Any]:
    members = {s.id for s in world.scanners.values() if name in s.queues}
    return {
        "cap": world.capacity(name),
        "waiting": queue.waiting,
        "ready": queue.ready,
        "parked": queue.parked,
        "closed": {scan.id: scan.receipt for scan in closed(world, name)},
        "lost": queue.lost_an_engine,
        "retired": queue.retired,
        "online": len(world.available(name)),
        "slots": world.slots(name),
        "engines": world.engines(name),
        "members": members if name.startswith("g") else set(),
    }


def found_queue(raw: Raw, name: str) -> dict[str, Any]:
    at, record = f"queue:{name}", raw[f"queue:{name}"]
    parked = [f"{at}:parked:{engine}" for engine in ("connect", "nmap")]
    return {
        "cap": int(record["cap"]),
        "waiting": [int(scan) for scan in raw.get(f"{at}:waiting", [])],
        "ready": {int(scan) for scan in raw.get(f"{at}:ready", {})},
        "parked": {int(scan) for key in parked for scan in raw.get(key, {})},
        "closed": {int(scan): receipt for scan, receipt in raw.get(f"{at}:closed", {}).items()},
        "lost": f"{at}:lost" in raw,
        "retired": "retired" in record,
        "online": int(record.get("online", 0)),
        "slots": int(record.get("slots", 0)),
        "engines": {key[7:] for key in record if key.startswith("engine:")},
        "members": {int(s) for s in raw.get(f"group:{name[1:]}:members", set())},
    }
