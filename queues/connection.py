"""Opens the store: one client a process, made after the fork."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from queues.pool import WarmPool

MAX_CONNECTIONS = 64
WAIT_FOR_CONNECTION_SECONDS = 5
CONNECT_SECONDS = 3
ANSWER_SECONDS = 10


def open_redis(url: str) -> redis.Redis:
    """A client whose calls are never sent twice: the caller knows whether repeating is safe.

    url: redis://, rediss:// or unix://. Connects with the first call.
    """
    pool = WarmPool.from_url(
        url,
        decode_responses=True,
        max_connections=MAX_CONNECTIONS,
        timeout=WAIT_FOR_CONNECTION_SECONDS,
        socket_connect_timeout=_connect_seconds(url),
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis.from_pool(pool)


def open_ear(url: str) -> redis.Redis:
    """A client for one subscription, which takes a connection of its own."""
    pool = redis.ConnectionPool.from_url(
        url,
        decode_responses=True,
        protocol=2,  # by which an answer to PING looks like a message, as redis-py expects
        max_connections=1,
        socket_connect_timeout=_connect_seconds(url),
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis.from_pool(pool)


def _connect_seconds(url: str) -> int:
    """A Unix socket opens at once, or its server has no room: gevent would ask without rest."""
    return 0 if url.startswith("unix:") else CONNECT_SECONDS
