"""How the store is connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent.socket
import pytest
import redis

from queues.connection import open_ear, open_redis


@pytest.fixture
def full(tmp_path: Path) -> Iterator[str]:
    """The URL of a store that accepts nobody, and has no room for more who wait."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as store, socket.socket(socket.AF_UNIX) as first:
        store.bind(path)
        store.listen(0)
        first.connect(path)
        yield f"unix://{path}"


@pytest.mark.parametrize("opened", [open_redis, open_ear])
def test_a_socket_without_room_is_not_waited_for(
    full: str, monkeypatch: pytest.MonkeyPatch, opened: Callable[[str], redis.Redis]
) -> None:
    """Gevent would look for room without rest, with all of a processor's time."""
    monkeypatch.setattr("redis.connection.socket", gevent.socket)

    with pytest.raises(redis.ConnectionError):
        opened(full).ping()
