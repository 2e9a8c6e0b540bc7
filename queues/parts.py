"""What never changes of a scan: its segments, and its part of each job; a process remembers it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from domain.space import Segment
from queues.keys import SiteKeys

REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a scan, and what is said of the scan to whoever works on it (JSON)."""

    segment: Segment
    job: str


class Parts:
    """Found by scan and number of the segment; what is not known yet is read in one round trip."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: OrderedDict[tuple[str, str, str], Part] = OrderedDict()

    def of(self, keys: SiteKeys, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Part]:
        """The parts of these scans and numbers of segments."""
        asked = set(wanted)
        found = {name: self._known.get((keys.site, *name)) for name in asked}
        missing = [name for name, part in found.items() if part is None]
        read = self._read(keys, missing) if missing else {}
        return {name: read[name] if part is None else part for name, part in found.items()}

    def _read(self, keys: SiteKeys, missing: list[tuple[str, str]]) -> dict[tuple[str, str], Part]:
        with self._client.pipeline(transaction=False) as pipe:
            for scan, number in missing:
                pipe.hget(keys.of("scan", scan, "segments"), number)
                pipe.hget(keys.of("scan", scan), "job")
            texts = pipe.execute()
        read = {}
        for name, segment, job in zip(missing, texts[::2], texts[1::2], strict=True):
            read[name] = self._known[keys.site, *name] = Part(Segment.decode(segment), job)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return read
