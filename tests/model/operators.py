"""What operators ask for: scans, scanners, groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.model.presence import change_of_presence
from tests.model.scans import come_back, set_status, settle, withdraw
from tests.model.world import ACTIVE, FINISHED, STALL_MS, Piece, Queue, Scan, Scanner, World

Asked = tuple[str, str]
NOT_SAID: Asked = ("", "")
Answer = tuple[int, bool] | None


def repeated(world: World, asked: Asked) -> str | tuple[str, int, bool] | None:
    """What a request of this name made before, if it was the same."""
    name, digest = asked
    if name not in world.remembered:
        return None
    before, made = world.remembered[name]
    return ("ok", made, True) if before == digest else "Invalid"


def made(world: World, asked: Asked, item: int) -> tuple[str, int, bool]:
    """Remember it, and say so."""
    if asked[0]:
        world.remembered[asked[0]] = (asked[1], item)
    return "ok", item, False


def create_scan(
    world: World,
    queues: list[str],
    segments: list[int],
    spec: dict[str, Any],
    asked: Asked,
    *,
    answer: Answer,
) -> Any:
    """A scan goes to the end of its queues, under one receipt."""
    again = repeated(world, asked)
    if again is not None:
        return again
    if any(q not in world.queues or world.queues[q].retired for q in queues):
        return "Invalid"
    assert answer is not None, "a good scan was refused"
    world.receipts += 1
    number, total = world.fresh_id(answer[0]), sum(segments)
    scan = Scan(number, world.receipts, total, since=world.now, **spec)
    for i, size in enumerate(segments):
        first = sum(segments[:i])
        scan.open.append(Piece(list(range(first, first + size))))
    world.scans[number] = scan
    for queue in queues:
        scan.jobs[queue] = "listed"
        world.queues[queue].waiting.append(number)
    return made(world, asked, number)


def pause_scan(world: World, scan: int) -> str:
    """Nothing more is handed out; what is out stays out."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status in ACTIVE:
        withdraw(world, found)
        set_status(world, found, "pausing" if world.held_of(scan) else "paused")
    return "ok" if found.status in {"pausing", "paused"} else "InvalidTransition"


def resume_scan(world: World, scan: int) -> str:
    """Handed out again, from its old place."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status not in {"pausing", "paused"}:
        return "InvalidTransition"
    set_status(world, found, "running" if found.started else "pending")
    found.active = world.now
    come_back(world, found)
    return "ok"


def cancel_scan(world: World, scan: int) -> str:
    """What is open is dropped; the scan ends with what is out."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status in {"completed", "failed"}:
        return "InvalidTransition"
    if found.status not in {"canceling", "canceled"}:
        withdraw(world, found)
        found.dropped.update(found.waiting)
        found.open.clear()
        set_status(world, found, "canceling")
        settle(world, found)
    return "ok"


def delete_scan(world: World, scan: int) -> str:
    """A finished scan is forgotten, with its tasks."""
    found = world.scans.get(scan)
    if found is None:
        return "NotFound"
    if found.status not in FINISHED:
        return "InvalidTransition"
    del world.scans[scan]
    world.tasks = {i: task for i, task in world.tasks.items() if task.scan != scan}
    return "ok"


def check_scans(world: World) -> str:
    """A running scan that does not move raises an alarm."""
    for scan in world.scans.values():
        if scan.status == "running":
            alarm = f"scan-stalled:{scan.id}"
            stalled = world.now - (scan.active or scan.since) > STALL_MS
            (world.alarms.add if stalled else world.alarms.discard)(alarm)
    return "ok"


def save_scanner(
    world: World,
    scanner: int | None,
    fields: dict[str, int | str],
    groups: list[int] | None,
    asked: Asked,
    *,
    answer: Answer,
) -> Any:
    """A scanner is made or changed; its record has a new version."""
    again = repeated(world, asked)
    if again is not None:
        return again
    before = Scanner(0) if scanner is None else world.scanners.get(scanner)
    if before is None:
        return "NotFound"
    if not set(groups or []) <= world.groups:
        return "Invalid"
    sets_capacity = scanner is None or any(name.startswith("set_") for name in fields)
    if sets_capacity and not _in_order(_changed(before, fields, groups)):
        return "Invalid"
    assert answer is not None, "a good scanner was refused"
    if scanner is None:
        before.id = scanner = world.fresh_id(answer[0])
        world.scanners[scanner], world.queues[f"s{scanner}"] = before, Queue()
    with change_of_presence(world):
        world.scanners[scanner] = _changed(before, fields, groups)
    return made(world, asked, scanner)


def _changed(before: Scanner, fields: dict[str, Any], groups: list[int] | None) -> Scanner:
    values = {**vars(before), "auth": before.auth + 1, "set": dict(before.set)}
    for name, value in fields.items():
        if name in {"enabled", "drain"}:
            values[name] = bool(value)
        elif value == "":
            values["set"].pop(name.removeprefix("set_"), None)
        else:
            values["set"][name.removeprefix("set_")] = value
    if groups is not None:
        values["groups"] = list(dict.fromkeys(groups))
    return Scanner(**values)


def _in_order(scanner: Scanner) -> bool:
    tasks = scanner.wanted_task_capacity
    return scanner.wanted_job_capacity <= tasks <= scanner.target_capacity


def save_group(
    world: World,
    group: int | None,
    capacity: int | None,
    members: list[int] | None,
    asked: Asked,
    *,
    answer: Answer,
) -> Any:
    """A group is made or changed; its members' own lists change with it."""
    again = repeated(world, asked)
    if again is not None:
        return again
    if group is not None and group not in world.groups:
        return "NotFound"
    if not set(members or []) <= set(world.scanners):
        return "Invalid"
    assert answer is not None, "a good group was refused"
    if group is None:
        group = world.fresh_id(answer[0])
        world.groups.add(group)
        world.queues[f"g{group}"] = Queue()
    if capacity is not None:
        world.queues[f"g{group}"].group_capacity = capacity
    if members is not None:
        with change_of_presence(world):
            _regroup(world, group, members)
    return made(world, asked, group)


def _regroup(world: World, group: int, members: Iterable[int]) -> None:
    for scanner in world.scanners.values():
        rest = [one for one in scanner.groups if one != group]
        scanner.groups = [*rest, group] if scanner.id in members else rest


def delete_scanner(world: World, scanner: int) -> str:
    """It takes no more work, and goes when its last lease has."""
    found = world.scanners.get(scanner)
    if found is None:
        return "NotFound"
    if not leave(world, f"s{scanner}"):
        return "Conflict"
    with change_of_presence(world):
        found.drain, found.auth = True, found.auth + 1
    if not _forget_scanner(world, scanner):
        world.retiring.add(scanner)
    return "ok"


def leave(world: World, queue: str) -> bool:
    """Retire a queue, and take every scan out of it, unless one has no other."""
    unfinished = [s for s in world.scans.values() if queue in s.jobs]
    if any(_is_only_queue(world, queue, scan) for scan in unfinished):
        world.queues[queue].retired = False
        return False
    world.queues[queue].retired = True
    for scan in unfinished:
        del scan.jobs[queue]
        world.queues[queue].ready.discard(scan.id)
        world.queues[queue].parked.discard(scan.id)
    return True


def _is_only_queue(world: World, queue: str, scan: Scan) -> bool:
    return all(world.queues[q].retired for q in scan.jobs if q != queue)


def _forget_scanner(world: World, scanner: int) -> bool:
    if world.held_by(scanner):
        return False
    with change_of_presence(world):
        del world.scanners[scanner], world.queues[f"s{scanner}"]
    kinds = ("scanner-offline", "scanner-failing", "scanner-duplicated")
    world.alarms -= {f"{kind}:{scanner}" for kind in kinds}
    return True


def finish_retirements(world: World) -> str:
    """Scanners that waited for their last lease go."""
    gone = {s for s in world.retiring if s not in world.scanners or _forget_scanner(world, s)}
    world.retiring -= gone
    return "ok"


def delete_group(world: World, group: int) -> str:
    """A group goes at once; its members stay."""
    if group not in world.groups:
        return "NotFound"
    if not leave(world, f"g{group}"):
        return "Conflict"
    with change_of_presence(world):
        _regroup(world, group, [])
    world.groups.discard(group)
    del world.queues[f"g{group}"]
    return "ok"
