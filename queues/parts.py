"""What never changes of a scan: its segments, and its part of each job; a process remembers it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from domain.space import Segment
from queues.keys import SiteKeys

REMEMBERED = 10_000

Name = tuple[str, str, str]  # site, scan, number of the segment


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a scan, and what is said of the scan to whoever works on it (JSON)."""

    scan: int
    segment: Segment
    job: str


class Parts:
    """Found by scan and number of the segment; what is not known yet is read in one round trip."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: OrderedDict[Name, Part] = OrderedDict()

    def of(self, keys: SiteKeys, wanted: Iterable[tuple[str, str]]) -> list[Part]:
        """The parts of these scans and numbers of segments, in their order."""
        names = [(keys.site, scan, number) for scan, number in wanted]
        found = [*map(self._known.get, names)]
        read = {} if all(found) else self._read(keys, {*names} - self._known.keys())
        return [part or read[name] for name, part in zip(names, found, strict=True)]

    def _read(self, keys: SiteKeys, missing: set[Name]) -> dict[Name, Part]:
        with self._client.pipeline(transaction=False) as pipe:
            for _, scan, number in missing:
                pipe.hget(keys.of("scan", scan, "segments"), number)
                pipe.hget(keys.of("scan", scan), "job")
            texts = pipe.execute()
        read = {}
        for name, segment, job in zip(missing, texts[::2], texts[1::2], strict=True):
            read[name] = self._known[name] = Part(int(name[1]), Segment.decode(segment), job)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return read
