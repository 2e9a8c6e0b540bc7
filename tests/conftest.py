"""A real server for whoever needs one, empty at the start of each test."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import redis

from cli.embedded import EmbeddedStore
from queues.connection import open_redis

# What a shell starts in the background ignores SIGINT, and so would all that we start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of our own, without persistence."""
    with EmbeddedStore(tmp_path_factory.mktemp("store"), persist=False) as store:
        yield store.url


@pytest.fixture
def client(store_url: str) -> Iterator[redis.Redis]:
    """A client of an empty store."""
    client = open_redis(store_url)
    client.flushall()
    yield client
    client.close()
