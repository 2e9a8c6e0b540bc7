"""What operators ask for: scanners and groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.model.asked import Answer, Asked, made, repeated
from tests.model.presence import change_of_presence
from tests.model.records import Queue, Scan, Scanner
from tests.model.world import World


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
    if before.retired:
        return "Conflict"
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
    with change_of_presence(world):
        found.retired = True
    if not leave(world, f"s{scanner}"):
        with change_of_presence(world):
            found.retired = False
        return "Conflict"
    return finish_retirements(world)


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


def finish_retirements(world: World) -> str:
    """Scanners that waited for their last lease go."""
    for scanner in [s.id for s in world.scanners.values() if s.retired]:
        if not world.held_by(scanner):
            with change_of_presence(world):
                del world.scanners[scanner], world.queues[f"s{scanner}"]
            kinds = ("scanner-offline", "scanner-failing", "scanner-duplicated")
            world.alarms -= {f"{kind}:{scanner}" for kind in kinds}
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
