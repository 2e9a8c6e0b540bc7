"""dispatch.events: the history of a scan, followed while it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch import events as module
from dispatch.events import LOOKS_A_SILENCE, Events
from dispatch.news import Happened, News, Progressed, Silence
from dispatch.places import Places
from domain.errors import Busy, NotFound
from queues.events import EventStore
from tests.integration.conftest import Site


class Meanwhile:
    """Sleeps by doing the next thing that is to happen; ends the test that waits for ever."""

    def __init__(self, *steps: Callable[[], Any]) -> None:
        self.steps = list(steps)
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.steps.pop(0)()


def nothing() -> None:
    """Let a second pass."""


def events(site: Site, *steps: Callable[[], Any], places: int = 1) -> Events:
    free = Places(places, retry_after_seconds=3)
    return Events(EventStore(site.client), site.scans, free, Meanwhile(*steps))


def actions(news: list[News]) -> list[str]:
    return [each.view["action"] for each in news if isinstance(each, Happened)]


@pytest.fixture
def scan(site: Site) -> int:
    """A scan that waits."""
    return site.scan(f"s{site.scanner().scanner}")


def test_a_stream_ends_with_the_scan(site: Site, scan: int) -> None:
    """After the final event, and the final counters before it."""
    following = events(site, lambda: site.scans.cancel(site.keys, scan, reason="enough"))
    news = list(following.follow(site.keys, scan))

    assert [type(each) for each in news] == [Progressed, Happened, Progressed, Happened, Happened]
    assert actions(news) == ["scan-created", "scan-canceling", "scan-canceled"]
    assert news[2].view["status"] == "canceled"  # type: ignore[union-attr]  # as just seen
    assert news[3].view["reason"] == "enough"  # type: ignore[union-attr]  # as just seen
    assert following.sleep.slept == [1.0]  # type: ignore[attr-defined]  # of Meanwhile


def test_a_stream_goes_on_after_the_last_event_received(site: Site, scan: int) -> None:
    """Nothing twice, nothing left out."""
    site.scans.pause(site.keys, scan, reason="r")
    site.scans.resume(site.keys, scan, reason="r")
    site.scans.cancel(site.keys, scan, reason="r")
    whole = list(events(site).follow(site.keys, scan))
    ids = [each.view["event_id"] for each in whole if isinstance(each, Happened)]
    rest = [actions(list(events(site).follow(site.keys, scan, last))) for last in ids]

    assert actions(whole) == [
        *("scan-created", "scan-paused", "scan-pending", "scan-canceling", "scan-canceled")
    ]
    assert rest == [actions(whole)[n:] for n in (1, 2, 3, 4, 5)]


def test_nothing_comes_after_the_end(site: Site, scan: int) -> None:
    """Who has had the final event is not told of the counters again."""
    site.scans.cancel(site.keys, scan, reason="r")
    last = list(events(site).follow(site.keys, scan))[-1]
    assert isinstance(last, Happened)

    assert list(events(site).follow(site.keys, scan, last.view["event_id"])) == []


def test_long_histories_are_sent_without_a_pause(
    site: Site, scan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at a time, but no second between two of them."""
    monkeypatch.setattr(module, "EVENTS_A_LOOK", 2)
    for _ in range(5):
        site.scans.pause(site.keys, scan, reason="r")
        site.scans.resume(site.keys, scan, reason="r")
    site.scans.cancel(site.keys, scan, reason="r")

    assert len(actions(list(events(site).follow(site.keys, scan)))) == 13


def test_counters_are_told_when_they_change(site: Site) -> None:
    """Once a look at most, and not when they are as before."""
    holder = site.scanner()
    scan = site.scan(f"s{holder.scanner}")
    stop = lambda: site.scans.cancel(site.keys, scan, reason="r")  # noqa: E731 - a step
    claim = lambda: site.claim(holder, 1)  # noqa: E731 - a step
    end = lambda: site.client.delete(site.keys.of("scan", scan))  # noqa: E731 - a step
    following = events(site, nothing, claim, nothing, nothing, stop, end)
    news = list(following.follow(site.keys, scan))
    told = [each.view for each in news if isinstance(each, Progressed)]

    assert [view["tasks"]["claimed"] for view in told[:2]] == [0, 1]
    assert [view["status"] for view in told] == ["pending", "pending", "canceling"]


def test_silence_is_broken(site: Site, scan: int) -> None:
    """After fifteen seconds without news, and after fifteen more."""
    stop = lambda: site.scans.cancel(site.keys, scan, reason="r")  # noqa: E731 - a step
    steps = [nothing] * (2 * LOOKS_A_SILENCE)
    news = list(events(site, *steps, stop).follow(site.keys, scan))

    assert [type(each) for each in news] == [
        *(Progressed, Happened, Silence, Silence, Progressed, Happened, Happened)
    ]


def test_a_deleted_scan_has_no_more_news(site: Site, scan: int) -> None:
    """The stream ends, as after the end of the scan."""
    following = events(site, lambda: site.client.delete(site.keys.of("scan", scan)))

    assert actions(list(following.follow(site.keys, scan))) == ["scan-created"]


def test_an_unknown_scan_is_refused_at_once(site: Site) -> None:
    """Not only with the first news."""
    with pytest.raises(NotFound):
        events(site).follow(site.keys, 4711)


def test_who_hangs_up_gives_the_place_back(site: Site, scan: int) -> None:
    """Whatever the stream was doing; meanwhile others are refused."""
    following = events(site, nothing)
    stream = following.follow(site.keys, scan)
    next(stream)
    with pytest.raises(Busy):
        next(following.follow(site.keys, scan))
    stream.close()

    assert isinstance(next(following.follow(site.keys, scan)), Progressed)


def test_no_connection_is_held_while_waiting(site: Site, scan: int) -> None:
    """As many streams as there are, between two looks all connections are free."""
    pool: Any = site.client.connection_pool
    open_now: list[int] = []
    free = lambda: len(pool.pool.queue)  # noqa: E731 - a step
    look = lambda: open_now.append(pool.max_connections - free())  # noqa: E731 - a step
    stop = lambda: site.scans.cancel(site.keys, scan, reason="r")  # noqa: E731 - a step
    list(events(site, look, stop).follow(site.keys, scan))

    assert open_now == [0]
