"""What a wanted scan becomes: the fields of its record, its segments, its queues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dispatch.coverage import range_text
from dispatch.recutting import openings_of
from dispatch.settings import Settings
from domain.engines import wrong_arguments
from domain.errors import Invalid
from domain.ports import parse_ports
from domain.rules import Rules
from domain.space import Segment, SpaceError, build_segments, cidr, merge, split
from domain.targets import AddressRange, Target, parse_target
from queues.openings import Opening

MAX_QUEUES = 100
MAX_OPENINGS = 2**17  # they are written in one script
NAMED_AT_MOST = 10  # of the ranges outside all scopes

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What the store needs to create a scan."""

    fields: dict[str, str | int]
    segments: list[Segment]
    openings: list[Opening]
    queues: list[str]


def plan_scan(wanted: View, engines: set[str], settings: Settings, rules: Rules) -> ScanPlan:
    """Check what the fields of a scan mean together. Raises Invalid naming those that are wrong.

    wanted: the fields to create of api.md in snake case, each of the right form already, with the
    ports of its port list. rules: of the site, as they are now.
    """
    queues = _queues(wanted)
    _check_engine(wanted, engines)
    _check_rate(wanted, settings.min_probes_per_second)
    segments = _segments(wanted, rules)
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
    return ScanPlan(fields, segments, _openings(rules, segments), queues)


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


def _segments(wanted: View, rules: Rules) -> list[Segment]:
    targets = [parse_target(text) for text in wanted["targets"]]
    excluded = [parse_target(text) for text in wanted.get("exclude") or []]
    own = [r for r in excluded if isinstance(r, AddressRange)]
    _check_names(targets, rules)
    try:
        segments = build_segments(targets, [*own, *rules.excluded])
    except SpaceError as problem:
        raise Invalid({"targets": [str(problem)]}) from problem
    _check_scopes(segments, rules)
    return segments


def _check_names(targets: list[Target], rules: Rules) -> None:
    names = [target for target in targets if isinstance(target, str)]
    if names and rules.subnets:
        sentence = (
            f"{names[0]!r} is a name, and this site limits subnets: to which of them a name "
            "belongs is known only to the scanner that resolves it. Write addresses."
        )
        raise Invalid({"targets": [sentence]})


def _check_scopes(segments: list[Segment], rules: Rules) -> None:
    ranges = [part for s in segments if s.name is None for part in s.ranges(s.start, s.end)]
    outside = rules.outside_scopes(ranges)
    if outside:
        named = ", ".join(map(range_text, outside[:NAMED_AT_MOST]))
        more = f" and {len(outside) - NAMED_AT_MOST} more" if len(outside) > NAMED_AT_MOST else ""
        raise Invalid({"targets": [f"Outside all scopes of this site: {named}{more}."]})


def _openings(rules: Rules, segments: list[Segment]) -> list[Opening]:
    openings = openings_of(rules, segments)
    if len(openings) > MAX_OPENINGS:
        sentence = (
            f"The site's subnets cut these into {len(openings)} parts; a scan has at most "
            f"{MAX_OPENINGS}. Make several scans."
        )
        raise Invalid({"targets": [sentence]})
    return openings


def _job(wanted: View, *, named: bool) -> View:
    """The part of a job that is the same for all tasks of the scan."""
    job: View = {
        "ports": wanted["ports"],
        "engine": wanted["engine"],
        "engineArgs": wanted.get("engine_args") or {},
    }
    return {**job, "exclusions": _cidrs(wanted.get("exclude") or [])} if named else job


def _cidrs(texts: list[str]) -> list[str]:
    ranges = [target for target in map(parse_target, texts) if isinstance(target, AddressRange)]
    return [cidr(*block) for part in merge(ranges) for block in split(part)]
