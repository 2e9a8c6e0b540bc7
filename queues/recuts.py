"""Scans whose site has changed its rules: what of them is open and in flight, cut anew."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.intervals import Interval, merged, size
from domain.rules import Chain
from domain.states import HELD
from queues.keys import SiteKeys
from queues.openings import Opening, decode_chain, encode_chain
from queues.outcomes import accepted
from queues.store import Record, Store
from queues.task_records import unpacked


@dataclass(frozen=True, slots=True)
class InFlight:
    """A task that is out, and the subnets that it counts against."""

    task: int
    attempt: int
    first: int
    last: int
    segment: int
    chain: Chain


@dataclass(frozen=True, slots=True)
class Uncut:
    """A scan as it was cut under older rules: open intervals in their order, tasks that are out.

    rules: their version, as the scan has it; cuts: how often it was cut anew.
    """

    rules: str
    cuts: int
    openings: list[Opening]
    blocked: list[Opening]
    excluded: list[Interval]
    in_flight: list[InFlight]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What changed rules mean for a task that is out; chain: all subnets it counts against now."""

    task: InFlight
    chain: Chain
    cancel: bool
    recut: bool

    def encode(self) -> list[str | int]:
        """As lua/recut_scan.lua takes it."""
        new = [subnet for subnet in self.chain if subnet not in self.task.chain]
        chains = (encode_chain(self.chain), encode_chain(tuple(new)))
        return [self.task.task, self.task.attempt, int(self.cancel), int(self.recut), *chains]


@dataclass(frozen=True, slots=True)
class Recut:
    """The same scan under the rules of now.

    excluded: what was open and is forbidden now; ended: tasks all of whose open addresses are.
    """

    openings: list[Opening] = field(default_factory=list)
    excluded: list[Interval] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    adoptions: list[Adoption] = field(default_factory=list)


class RecutStore(Store):
    """Reads a scan and puts it back; between the two nothing of it is handed out."""

    def read(self, keys: SiteKeys, scan: int) -> Uncut:
        """What is to be cut anew, of one moment but for the tasks, which may end meanwhile."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.of("scan", scan), "rules", "cuts", "front")
            pipe.lrange(keys.of("scan", scan, "open"), 0, -1)
            pipe.zrange(keys.of("scan", scan, "blocked"), 0, -1)
            pipe.zrange(keys.of("scan", scan, "excluded"), 0, -1)
            pipe.zrange(keys.of("scan", scan, "tasks"), 0, -1)
            (rules, cuts, front), listed, blocked, excluded, tasks = pipe.execute()
        return Uncut(
            rules or "0",
            int(cuts or 0),
            [Opening.decode(text) for text in ([front] if front else []) + listed],
            [Opening.decode(text) for text in blocked],
            [(int(first), int(last)) for first, last in (text.split(":") for text in excluded)],
            self._in_flight(keys, tasks),
        )

    def replace(self, keys: SiteKeys, scan: int, version: int, uncut: Uncut, recut: Recut) -> None:
        """Put it in place. Raises RulesChanged where scan or rules are not what they were."""
        excluded = merged([*uncut.excluded, *recut.excluded])
        tasks = [part for adoption in recut.adoptions for part in adoption.encode()]
        answer = self.scripts.run(
            "recut_scan",
            keys,
            scan,
            version,
            uncut.rules,
            uncut.cuts,
            len(uncut.openings),
            len(uncut.blocked),
            size(recut.excluded),
            len(recut.openings),
            len(excluded),
            len(recut.ended),
            *(opening.encode() for opening in recut.openings),
            *(part for first, last in excluded for part in (first, f"{first}:{last}")),
            *recut.ended,
            *tasks,
        )
        accepted(answer, f"Scan {scan}")

    def scans_out(self, keys: SiteKeys) -> list[int]:
        """The scans of which tasks are out."""
        with self.client.pipeline(transaction=False) as pipe:
            for task in self.client.zrange(keys.of("leases"), 0, -1):
                pipe.hgetall(keys.of("task", task))
            return sorted({int(unpacked(task)["scan"]) for task in pipe.execute() if task})

    def _in_flight(self, keys: SiteKeys, tasks: list[str]) -> list[InFlight]:
        with self.client.pipeline(transaction=False) as pipe:
            for task in tasks:
                pipe.hgetall(keys.of("task", task))
            kept = map(unpacked, pipe.execute())
        return [
            _in_flight(int(task), record)
            for task, record in zip(tasks, kept, strict=True)
            if record.get("status") in HELD
        ]


def _in_flight(task: int, record: Record) -> InFlight:
    return InFlight(
        task=task,
        attempt=int(record["attempt"]),
        first=int(record["first"]),
        last=int(record["last"]),
        segment=int(record["segment"]),
        chain=decode_chain(record["subnets"]),
    )
