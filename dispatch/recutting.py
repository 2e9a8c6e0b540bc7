"""Brings a scan up to the rules of its site: from the next claim on, for running scans too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from dispatch.rules import SiteRules
from domain.errors import RulesChanged
from domain.rules import Chain, Piece, Rules
from domain.space import Segment
from queues.keys import SiteKeys
from queues.openings import Opening
from queues.recuts import Adoption, InFlight, Recut, RecutStore, Uncut
from queues.scans import ScanStore


@dataclass(frozen=True, slots=True)
class Recutting:
    """Cuts what is open of a scan anew, and tells its tasks in flight what has changed for them."""

    rules: SiteRules
    store: RecutStore
    scans: ScanStore

    def recut(self, keys: SiteKeys, scan: int) -> None:
        """Bring a scan up to date; harmless where it is. Raises RulesChanged under constant change.

        1. Read the rules, and what of the scan is open or in flight.
        2. Cut open intervals where subnets begin and end; what is forbidden now is excluded.
        3. Put it in place, if neither the rules nor the scan have changed since; else begin again.
        """
        segments = self.scans.segments(keys, scan)

        def by(rules: Rules) -> None:
            uncut = self.store.read(keys, scan)
            if uncut.rules == str(rules.version):
                return  # somebody else was quicker
            self.store.replace(keys, scan, rules.version, uncut, recut(rules, segments, uncut))

        self.rules.under(keys, by)

    def recut_what_is_out(self, keys: SiteKeys) -> None:
        """Bring every scan up to date of which tasks are out: they count for new limits at once."""
        with suppress(RulesChanged):
            for scan in self.store.scans_out(keys):
                self.recut(keys, scan)


def openings_of(rules: Rules, segments: list[Segment]) -> list[Opening]:
    """A new scan's open intervals; its targets have been relieved of what is excluded."""
    return [
        Opening(piece.first, piece.last, number, chain=piece.chain)
        for number, segment in enumerate(segments)
        for piece in rules.cut(segment, segment.start, segment.end)
        if piece.chain is not None
    ]


def recut(rules: Rules, segments: list[Segment], uncut: Uncut) -> Recut:
    """A scan cut under these rules."""
    found = Recut()
    for opening in [*uncut.openings, *uncut.blocked]:
        pieces = rules.cut(segments[opening.segment], *opening.interval)
        allowed = list(_allowed(opening, pieces))
        found.openings.extend(allowed)
        found.ended.extend([opening.task] if opening.task is not None and not allowed else [])
        found.excluded.extend(piece.interval for piece in pieces if piece.chain is None)
    found.adoptions.extend(_adopt(rules, segments[task.segment], task) for task in uncut.in_flight)
    return found


def _allowed(opening: Opening, pieces: list[Piece]) -> Iterator[Opening]:
    """The parts of an open interval that may be scanned; the first keeps the task's id."""
    task = opening.task
    for piece in pieces:
        if piece.chain is not None:
            yield Opening(piece.first, piece.last, opening.segment, task, piece.chain)
            task = None


def _adopt(rules: Rules, segment: Segment, task: InFlight) -> Adoption:
    """What the rules mean for a task in flight; what a name's are, its scanner must find anew."""
    pieces = rules.cut(segment, task.first, task.last)
    touched = [subnet for piece in pieces for subnet in piece.chain or ()]
    known = set(rules.subnets.values())
    chain: Chain = tuple(dict.fromkeys([*filter(known.__contains__, task.chain), *touched]))
    forbidden = segment.name is not None or any(piece.chain is None for piece in pieces)
    same = len(pieces) == 1 and pieces[0].chain == chain
    return Adoption(task, chain, cancel=forbidden, recut=forbidden or not same)
