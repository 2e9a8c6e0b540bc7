"""What has happened to a scan: page by page, or as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

from dispatch.news import COUNTERS, News, Silence, View, event_view, news_of
from dispatch.places import Places
from domain.errors import NotFound
from domain.states import FINISHED
from queues.events import EventStore
from queues.keys import SiteKeys
from queues.scans import ScanStore
from queues.store import Page

EVENTS_A_LOOK = 100
LOOK_SECONDS = 1.0
LOOKS_A_SILENCE = 15  # a sign of life is sent after so many without news


def _sleep(seconds: float) -> None:
    time.sleep(seconds)  # looked up late: gevent may have replaced it by then


@dataclass(frozen=True, slots=True)
class Events:
    """The history of a site's scans."""

    store: EventStore
    scans: ScanStore
    places: Places
    sleep: Callable[[float], None] = _sleep

    def some(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of events after a cursor, oldest first. Raises NotFound."""
        self._check(keys, scan)
        page = self.store.some(keys, scan, limit=limit, cursor=cursor)
        return Page([event_view(record) for record in page.items], page.next_cursor)

    def follow(self, keys: SiteKeys, scan: int, after: str = "") -> Generator[News]:
        """What happens after an event, until the scan has ended or is deleted.

        Nothing at all where that event was the last of a scan that has ended. Raises NotFound at
        once, and Busy with the first news. Holds no connection to the store between two looks.
        """
        self._check(keys, scan)
        return self._follow(keys, scan, after)

    def _follow(self, keys: SiteKeys, scan: int, after: str) -> Generator[News]:
        with self.places.one():
            yield from _with_signs_of_life(self._looks(keys, scan, after))

    def _looks(self, keys: SiteKeys, scan: int, after: str) -> Iterator[list[News]]:
        """The news of each look, if any; the last look is the one that finds the scan ended."""
        shown: View = {}
        while True:
            record, events = self.store.look(
                keys, scan, after, fields=COUNTERS, limit=EVENTS_A_LOOK
            )
            ended = record is None or record["status"] in FINISHED
            if record is None or (ended and after and not events):
                return
            yield list(news_of(record, events, shown))
            after = events[-1]["id"] if events else after
            if len(events) == EVENTS_A_LOOK:
                continue
            if ended:
                return
            self.sleep(LOOK_SECONDS)

    def _check(self, keys: SiteKeys, scan: int) -> None:
        if self.scans.get(keys, scan) is None:
            raise NotFound(f"There is no scan {scan} in this site.")


def _with_signs_of_life(looks: Iterable[list[News]]) -> Iterator[News]:
    quiet = 0
    for news in looks:
        quiet = 0 if news else quiet + 1
        yield from news
        if quiet == LOOKS_A_SILENCE:
            quiet = 0
            yield Silence()
