"""Tasks as the wire's jobs, in the form that schemas.Job declares."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from domain.rules import Rules
from queues.exchange import Lease
from web.bodies import quoted, text_of

SCANS_REMEMBERED = 256
FRAMES_REMEMBERED = 1024

Wire = dict[str, Any]


def on_wire(leases: list[Lease], lease_seconds: int, rules: Rules) -> str:
    """Tasks as the text of a JSON array of jobs; what may not be scanned travels with a name.

    As text, because what all jobs of a scan have in common is written once for all of them.
    """
    return f"[{','.join([_job(lease, lease_seconds, rules) for lease in leases])}]"


def _job(lease: Lease, lease_seconds: int, rules: Rules) -> str:
    task, attempt, scan, segment, first, last, rate, rated_by, job = lease
    frame = _frame(scan, attempt, (rate, rated_by), lease_seconds, job)
    targets = frame.between.join(map(quoted, segment.targets(first, last)))
    named = "" if segment.name is None else _unscanned(job, rules)
    return f'{{"jobId":{task}{frame.before}{targets}{frame.after}{named}}}'


def _unscanned(job: str, rules: Rules) -> str:
    exclusions = [*_scan(job).get("exclusions", []), *rules.exclusions]
    return f',"exclusions":{text_of(exclusions)},"scopes":{text_of(list(rules.scopes))}'


class Frame(NamedTuple):
    """What most jobs of a scan have in common, as text: all but the id and the targets' ranges."""

    before: str
    between: str
    after: str


@lru_cache(maxsize=FRAMES_REMEMBERED)
def _frame(
    scan: int, attempt: int, limit: tuple[int | None, str | None], lease_seconds: int, job: str
) -> Frame:
    said, (rate, rated_by) = _scan(job), limit
    told = {
        "maxProbesPerSecond": rate,
        "rateLimitedBy": rated_by,
        "leaseSeconds": lease_seconds,
        "engine": said["engine"],
        "engineArgs": said["engineArgs"],
    }
    ports = f'"ports":{text_of(said["ports"])}}}'
    return Frame(
        before=f',"scanId":{scan},"attempt":{attempt},"targets":[{{"range":',
        between=f',{ports},{{"range":',
        after=f",{ports}],{text_of(told)[1:-1]}",
    )


@lru_cache(maxsize=SCANS_REMEMBERED)
def _scan(text: str) -> Wire:
    scan: Wire = json.loads(text)
    return scan


def controls(words: dict[int, str]) -> list[Wire]:
    """The control word of each job."""
    return [{"jobId": job, "control": word} for job, word in words.items()]
