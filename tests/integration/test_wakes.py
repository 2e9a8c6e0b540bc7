"""queues.wakes: a process hears who is called, and knows when it may have missed something."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import redis
import structlog
from structlog.testing import capture_logs

from queues.connection import open_ear
from queues.keys import SiteKeys, channel
from queues.patience import Patience
from queues.wakes import Wakes
from tests.acceptance.running_up import eventually

SECONDS = 10


@dataclass
class Ear:
    """Writes down what it is told."""

    heard: queue.Queue[object] = field(default_factory=queue.Queue)

    def subscribed(self) -> None:
        self.heard.put("subscribed")

    def called(self, keys: SiteKeys, scanner: int) -> None:
        self.heard.put((keys.site, scanner))

    def next(self) -> object:
        return self.heard.get(timeout=SECONDS)


@dataclass
class Listening:
    """A process that listens."""

    store: redis.Redis
    url: str
    quiet_seconds: float = 5.0
    ear: Ear = field(default_factory=Ear)
    rests: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wakes = Wakes(
            open_ear(self.url),
            "ours",
            patience=Patience(wait=self.rests.append),
            quiet_seconds=self.quiet_seconds,
        )
        self.thread = threading.Thread(target=self.wakes.listen, args=(self.ear,))
        self.thread.start()

    def say(self, message: str) -> None:
        self.store.publish(channel("ours"), message)

    def end(self) -> None:
        self.wakes.close()
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def listening(client: redis.Redis, store_url: str) -> Iterator[Listening]:
    listens = Listening(client, store_url)
    yield listens
    listens.end()


def test_it_hears_who_is_called(listening: Listening) -> None:
    """A site's name and a scanner's id, after it was told that it hears from now on."""
    begun = listening.ear.next()
    listening.say("site-a:1700000000000017")

    assert begun == "subscribed"
    assert listening.ear.next() == ("site-a", 1700000000000017)


def test_a_lost_connection_is_made_again(listening: Listening) -> None:
    """And it is told so, as calls may have been missed."""
    listening.ear.next()
    listening.store.client_kill_filter(_type="pubsub")
    again = listening.ear.next()
    listening.say("default:2")

    assert again == "subscribed"
    assert listening.ear.next() == ("default", 2)


def test_a_silent_server_is_left(client: redis.Redis, store_url: str) -> None:
    """One that gives no sign of life when asked is gone, though the connection stands."""
    structlog.reset_defaults()
    listens = Listening(client, store_url, quiet_seconds=0.02)
    listens.ear.next()
    with capture_logs() as logs:
        client.execute_command("CLIENT", "PAUSE", 300, "ALL")
        again = listens.ear.next()
    listens.end()

    assert again == "subscribed"
    assert listens.rests
    assert [entry["action"] for entry in logs][:2] == ["store_away", "store_back"]


def test_a_quiet_server_is_not_left(client: redis.Redis, store_url: str) -> None:
    """Nobody is called for long, and the connection is kept."""
    listens = Listening(client, store_url, quiet_seconds=0.01)
    listens.ear.next()

    def pings() -> int:
        found: int = client.info("commandstats").get("cmdstat_ping", {"calls": 0})["calls"]
        return found

    before = pings()
    eventually(lambda: pings() > before + 5)
    listens.end()

    assert listens.rests == []
    assert listens.ear.heard.empty()
