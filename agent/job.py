"""A job as the server hands it out, read strictly: what is odd is refused, not guessed at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import JobError
from agent.ports import parse_ports
from agent.targets import Network, Target, parse_where

LARGEST_ID = 2**63 - 1
LONGEST_LEASE_SECONDS = 86_400


@dataclass(frozen=True)
class JobRef:
    """Which job, and which attempt at it: what every call about a job needs."""

    job_id: int
    attempt: int


@dataclass(frozen=True)
class Job:
    """What to probe, how fast, and with which engine."""

    ref: JobRef
    lease_seconds: float
    engine: str
    engine_args: Mapping[str, Any]
    targets: tuple[Target, ...]
    max_probes_per_second: int | None
    exclusions: tuple[Network, ...] = ()
    scopes: tuple[Network, ...] = ()


def parse_ref(raw: object) -> JobRef:
    """Read which job it is; with that much, a job that is otherwise odd can be refused.

    Raises:
        JobError: where even that cannot be read.
    """
    if not isinstance(raw, dict):
        raise JobError("a job is an object")
    job_id = _integer(raw, "jobId", least=0, most=LARGEST_ID)
    return JobRef(job_id, _integer(raw, "attempt", least=0, most=LARGEST_ID, default=1))


def parse_lease_seconds(raw: Mapping[str, Any]) -> float:
    """Read how long a job is ours without another word.

    Raises:
        JobError: where it is no number of seconds above zero.
    """
    seconds = raw.get("leaseSeconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise JobError("leaseSeconds must be a number")
    if not 0 < seconds <= LONGEST_LEASE_SECONDS:
        raise JobError(f"leaseSeconds must be above 0, at most {LONGEST_LEASE_SECONDS}")
    return float(seconds)


def parse_job(raw: Mapping[str, Any]) -> Job:
    """Read a whole job.

    Raises:
        JobError: saying which field cannot be understood.
    """
    rate = raw.get("maxProbesPerSecond")
    return Job(
        ref=parse_ref(raw),
        lease_seconds=parse_lease_seconds(raw),
        engine=_text(raw.get("engine"), "engine"),
        engine_args=_arguments(raw.get("engineArgs")),
        targets=tuple(_target(t) for t in _list(raw, "targets", least=1)),
        max_probes_per_second=None if rate is None else _integer(raw, "maxProbesPerSecond"),
        exclusions=tuple(_network(c) for c in _list(raw, "exclusions")),
        scopes=tuple(_network(c) for c in _list(raw, "scopes")),
    )


def _target(raw: object) -> Target:
    if not isinstance(raw, dict):
        raise JobError("a target is an object")
    where = parse_where(_text(raw.get("range"), "range"))
    return Target(where, parse_ports(_text(raw.get("ports"), "ports")))


def _network(raw: object) -> Network:
    where = parse_where(_text(raw, "exclusions and scopes"))
    if isinstance(where, str):
        raise JobError(f"exclusions and scopes are networks, not {where[:60]!r}")
    return where


def _arguments(raw: object) -> Mapping[str, Any]:
    if raw is not None and not isinstance(raw, dict):
        raise JobError("engineArgs must be an object")
    return raw or {}


def _text(raw: object, field: str) -> str:
    if not isinstance(raw, str) or not raw:
        raise JobError(f"{field} must be text")
    return raw


def _list(raw: Mapping[str, Any], field: str, *, least: int = 0) -> list[Any]:
    value = raw.get(field) or []
    if not isinstance(value, list) or len(value) < least:
        raise JobError(f"{field} must be a list")
    return value


def _integer(
    raw: Mapping[str, Any],
    field: str,
    *,
    least: int = 1,
    most: int = LARGEST_ID,
    default: int | None = None,
) -> int:
    value = raw.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise JobError(f"{field} must be a whole number from {least}")
    return value
