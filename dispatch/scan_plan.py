"""What a wanted scan becomes: the fields of its record, its segments, its queues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dispatch.settings import Settings
from domain.engines import wrong_arguments
from domain.errors import Invalid
from domain.ports import parse_ports
from domain.space import Segment, SpaceError, build_segments
from domain.targets import AddressRange, parse_target

MAX_QUEUES = 100

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What the store needs to create a scan."""

    fields: dict[str, str | int]
    segments: list[Segment]
    queues: list[str]


def plan_scan(wanted: View, engines: set[str], settings: Settings) -> ScanPlan:
    """Check what the fields of a scan mean together. Raises Invalid naming those that are wrong.

    wanted: the fields to create of api.md in snake case, each of the right form already.
    """
    queues = _queues(wanted)
    _check_engine(wanted, engines)
    _check_rate(wanted, settings.min_probes_per_second)
    segments = _segments(wanted)
    ports = parse_ports(wanted["ports"])
    fields: dict[str, str | int] = {
        "spec": json.dumps(wanted),
        "job": json.dumps(
            _job(wanted, named=any(segment.name is not None for segment in segments))
        ),
        "engine": wanted["engine"],
        "ports": ports.count,
        "rate": wanted.get("max_probes_per_second") or "",
        "hosts_per_task": wanted.get("hosts_per_task") or "",
        "retry_failed": int(wanted.get("retry_failed") or False),
        "max_attempts": wanted.get("max_attempts") or settings.max_attempts,
    }
    return ScanPlan(fields, segments, queues)


def _queues(wanted: View) -> list[str]:
    queues = [f"s{i}" for i in dict.fromkeys(wanted.get("scanner_ids") or [])]
    queues += [f"g{i}" for i in dict.fromkeys(wanted.get("group_ids") or [])]
    if not 1 <= len(queues) <= MAX_QUEUES:
        sentence = f"Name 1 to {MAX_QUEUES} scanners and groups; these are {len(queues)}."
        raise Invalid({"scannerIds": [sentence]})
    return queues


def _check_engine(wanted: View, engines: set[str]) -> None:
    engine = wanted["engine"]
    if engine not in engines:
        known = ", ".join(sorted(engines))
        raise Invalid({"engine": [f"No scanner has ever reported this engine; there are {known}."]})
    if wrong := wrong_arguments(engine, wanted.get("engine_args") or {}):
        raise Invalid({f"engineArgs.{name}": sentences for name, sentences in wrong.items()})


def _check_rate(wanted: View, least: int) -> None:
    rate = wanted.get("max_probes_per_second")
    if rate is not None and rate < least:
        sentence = f"At least {least}: less is never granted here (MIN_PROBES_PER_SECOND)."
        raise Invalid({"maxProbesPerSecond": [sentence]})


def _segments(wanted: View) -> list[Segment]:
    targets = [parse_target(text) for text in wanted["targets"]]
    excluded = [parse_target(text) for text in wanted.get("exclude") or []]
    try:
        return build_segments(targets, [r for r in excluded if isinstance(r, AddressRange)])
    except SpaceError as problem:
        raise Invalid({"targets": [str(problem)]}) from problem


def _job(wanted: View, *, named: bool) -> View:
    """The part of a job that is the same for all tasks of the scan."""
    job: View = {
        "ports": wanted["ports"],
        "engine": wanted["engine"],
        "engineArgs": wanted.get("engine_args") or {},
    }
    return {**job, "exclusions": wanted.get("exclude") or [], "scopes": []} if named else job
