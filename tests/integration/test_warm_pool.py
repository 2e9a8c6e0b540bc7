"""The pool of connections: quick where all is well, and never the reason that a call fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from queues import pool as pools
from queues.connection import open_redis
from queues.pool import WarmPool, ask


@pytest.fixture
def pool(store_url: str) -> Iterator[WarmPool]:
    """A pool of three connections at most."""
    made = WarmPool.from_url(store_url, decode_responses=True, max_connections=3, timeout=0.2)
    yield made
    made.disconnect()


@pytest.fixture
def looked(pool: WarmPool, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that were looked at before they were handed out."""
    seen: list[Any] = []

    def can_read(connection: Any) -> bool:
        seen.append(connection)
        return False

    monkeypatch.setattr(pool.connection_class, "can_read", can_read)
    return seen


def hold(pool: WarmPool, count: int) -> list[Any]:
    """So many connections."""
    return [pool.get_connection() for _ in range(count)]


def release(pool: WarmPool, *connections: Any) -> None:
    for connection in connections:
        pool.release(connection)


def test_a_connection_just_used_is_not_looked_at(pool: WarmPool, looked: list[Any]) -> None:
    """The same one is handed out again and again."""
    [first] = hold(pool, 1)
    looked.clear()
    pool.release(first)
    for _ in range(3):
        [again] = hold(pool, 1)
        assert again is first
        pool.release(again)

    assert looked == []


def test_one_that_was_idle_is_looked_at(
    pool: WarmPool, looked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have closed it meanwhile."""
    monkeypatch.setattr(pools, "TRUSTED_SECONDS", 0)
    [first] = hold(pool, 1)
    looked.clear()
    pool.release(first)

    assert hold(pool, 1) == [first]
    assert looked == [first]


def test_after_a_failure_all_others_are_looked_at(pool: WarmPool, looked: list[Any]) -> None:
    """What one has met the others may meet, once each; then they are trusted again."""
    first, second = hold(pool, 2)
    release(pool, second, first)
    looked.clear()
    hold(pool, 1)[0].disconnect()
    release(pool, first)
    both = hold(pool, 2)
    release(pool, second, first)
    again = hold(pool, 2)

    assert both == again == [first, second]
    assert looked == [first, second]


def test_a_server_that_went_away_is_noticed(store_url: str, client: redis.Redis) -> None:
    """Of two connections closed by the server the first fails, and the second does not."""
    own = open_redis(store_url)
    pool = own.connection_pool
    both = [pool.get_connection() for _ in range(2)]
    numbers = []
    for connection in both:
        connection.send_command("CLIENT", "ID")
        numbers.append(connection.read_response())
    for connection in both:
        pool.release(connection)
    for number in numbers:
        client.client_kill_filter(_id=number)

    with pytest.raises(redis.ConnectionError):
        ask(own, "PING")
    assert [ask(own, "PING") for _ in range(3)] == ["PONG"] * 3
    own.close()


def test_who_waits_gets_what_is_released(pool: WarmPool) -> None:
    """Where all are in use, a caller waits for one, and not in vain."""
    first, *others = hold(pool, 3)
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.extend(hold(pool, 1)))
    pool.timeout = 10
    waiting.start()
    pool.release(first)
    waiting.join(10)
    release(pool, *others)

    assert got == [first]


def test_nobody_waits_for_ever(pool: WarmPool) -> None:
    """With no more connections than allowed, a call is refused after a while."""
    hold(pool, 3)

    with pytest.raises(redis.ConnectionError):
        pool.get_connection()


def test_one_that_is_marked_is_connected_anew(pool: WarmPool) -> None:
    """As redis-py does where a server announces that it is going to move."""
    [first] = hold(pool, 1)
    pool.release(first)
    first.mark_for_reconnect()
    [again] = hold(pool, 1)

    assert again is first
    assert not again.should_reconnect()


def test_an_error_of_the_server_does_not_cost_the_connection(store_url: str) -> None:
    """It answered, if not what was hoped for."""
    own = open_redis(store_url)
    ask(own, "PING")
    before = own.connection_pool.pool.queue[-1]
    with pytest.raises(redis.ResponseError):
        ask(own, "NO-SUCH-COMMAND")
    after = own.connection_pool.pool.queue[-1]

    assert after is before
    assert after.is_connected
    own.close()
