"""Tasks as the wire's jobs, in the form that schemas.Job declares."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from domain.rules import Rules
from queues.tasks import Lease
from web.bodies import quoted, text_of

SCANS_REMEMBERED = 256

Wire = dict[str, Any]


def on_wire(leases: list[Lease], lease_seconds: int, rules: Rules) -> str:
    """Tasks as the text of a JSON array of jobs; what may not be scanned travels with a name.

    As text, because what all jobs of a scan have in common is written once for all of them.
    """
    return f"[{','.join([_job(lease, lease_seconds, rules) for lease in leases])}]"


def _job(lease: Lease, lease_seconds: int, rules: Rules) -> str:
    task, attempt, scan, segment, first, last, rate, rated_by, job = lease
    common = _scan(job)
    targets = common.between.join(map(quoted, segment.targets(first, last)))
    limited = "null" if rated_by is None else quoted(rated_by)
    named = "" if segment.name is None else _unscanned(common, rules)
    return (
        f'{{"jobId":{task},"scanId":{scan},"attempt":{attempt},'
        f'"targets":[{{"range":{targets},{common.ports}}}],'
        f'"maxProbesPerSecond":{"null" if rate is None else rate},"rateLimitedBy":{limited},'
        f'"leaseSeconds":{lease_seconds},{common.engine}{named}}}'
    )


def _unscanned(common: Common, rules: Rules) -> str:
    exclusions = [*common.exclusions, *rules.exclusions]
    return f',"exclusions":{text_of(exclusions)},"scopes":{text_of(list(rules.scopes))}'


class Common(NamedTuple):
    """What all jobs of a scan have in common: fields as JSON text, and what is excluded of it."""

    ports: str
    between: str  # one target's range and the next one's
    engine: str
    exclusions: list[str]


@lru_cache(maxsize=SCANS_REMEMBERED)
def _scan(text: str) -> Common:
    scan: Wire = json.loads(text)
    engine = f'"engine":{text_of(scan["engine"])},"engineArgs":{text_of(scan["engineArgs"])}'
    ports = f'"ports":{text_of(scan["ports"])}'
    return Common(ports, f',{ports}}},{{"range":', engine, scan.get("exclusions", []))


def controls(words: dict[int, str]) -> list[Wire]:
    """The control word of each job."""
    return [{"jobId": job, "control": word} for job, word in words.items()]
