"""RQ's own connection to the store: RQ keeps bytes, where the rest of the product reads text."""

import redis

_ANSWER_SECONDS = 10


def open_rq(url: str) -> redis.Redis:
    """A client for RQ; `url` is redis://, rediss:// or unix://. Connects with the first call."""
    return redis.Redis.from_url(
        url, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS
    )
