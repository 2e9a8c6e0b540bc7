"""What passes between scanners and the store of their tasks: who calls, what is said and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from domain.errors import DispatchError
from domain.space import Segment
from queues.keys import SiteKeys


@dataclass(frozen=True, slots=True)
class Holder:
    """Who calls: a scanner of a site, and the version of its record that was checked."""

    keys: SiteKeys
    scanner: int
    version: str


@dataclass(frozen=True, slots=True)
class Timing:
    """The durations that the scripts need, in milliseconds but for task_seconds."""

    claim_ms: int
    lease_ms: int
    stall_ms: int
    task_seconds: int
    default_rate: int
    least_rate: int = 1


class Lease(NamedTuple):
    """A task in a scanner's hands. rate in probes per second, None for no limit."""

    task: int
    attempt: int
    scan: int
    segment: Segment
    first: int
    last: int
    rate: int | None
    rated_by: str | None
    job: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought, and for how long the scanner need not ask again."""

    leases: list[Lease]
    wait_ms: int


@dataclass(frozen=True, slots=True)
class Controlled:
    """What is said to a report: the control word, the task's rate in probes per second.

    outdated: scans still to be cut by changed rules of the site, which may change the word.
    """

    control: str
    rate: int | None
    outdated: frozenset[int]


@dataclass(frozen=True, slots=True)
class Beaten:
    """What is said to a heartbeat: whether to drain, and a word for each task not to go on.

    outdated: as in Controlled.
    """

    drain: bool
    control: dict[int, str]
    outdated: frozenset[int]


class Report(NamedTuple):
    """Machine facts as the scripts read them, in their order; '' where the scanner did not say."""

    version: str = ""
    boot: str = ""
    engines: str = ""
    cpus: str = ""
    memory: str = ""
    load: str = ""


class Said(NamedTuple):
    """What a sync says of one task.

    state: running, completed, failed or released. done, results: as reported, None where not;
    hosts_done: of a released one; batch: None where no results came along, otherwise `rows` is a
    JSON array of `row_count` results.
    """

    task: int
    attempt: int
    state: str
    done: int | None = None
    results: int | None = None
    message: str = ""
    hosts_done: int = 0
    batch: int | None = None
    row_count: int = 0
    rows: str = ""

    def parts(self) -> tuple[str, ...]:
        """As lib/read_report.lua reads it."""
        task, attempt, state, done, results, message, hosts_done, batch, row_count, rows = self
        if self[3:] == _NO_MORE:
            return (f"{task}:{attempt}:{state}",)
        progress = f"{'' if done is None else done}:{'' if results is None else results}"
        came = f"{'' if batch is None else batch}:{row_count}"
        return f"{task}:{attempt}:{state}+", f"{progress}:{hosts_done}:{came}:{message}", rows


_NO_MORE = Said(0, 0, "")[3:]


class Synced(NamedTuple):
    """What is said to a sync: new tasks, what was refused and why, and the rest as to a heartbeat.

    wait_ms: as in Claimed; None where no task was wanted, or the claim is still to be made.
    """

    drain: bool
    leases: list[Lease]
    wait_ms: int | None
    refused: dict[int, DispatchError]
    control: dict[int, str]
    outdated: frozenset[int]
