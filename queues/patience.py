"""Waits for a store that is away: says so once, tries again with jitter, says when it is back."""

import random
import time
from collections.abc import Callable

import redis
import structlog

_log = structlog.get_logger(__name__)

_LONGEST_SECONDS = 5.0


class Patience:
    """Counts failures in a row, and waits longer after each, up to five seconds."""

    def __init__(self, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._wait = wait
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """Wait a while; log the first failure of a row."""
        if not self._failures:
            _log.warning(
                "the store cannot be used, trying again", action="store_away", error=str(error)
            )
        longest = min(0.5 * 2 ** min(self._failures, 10), _LONGEST_SECONDS)
        self._failures += 1
        self._wait(random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret

    def succeeded(self) -> None:
        """End the row of failures."""
        if self._failures:
            _log.info("the store is back", action="store_back", failures=self._failures)
        self._failures = 0


def wait_for_store(client: redis.Redis, patience: Patience) -> None:
    """Return when the store answers, however long that takes."""
    while True:
        try:
            client.ping()
        except redis.RedisError as error:
            patience.failed(error)
        else:
            return patience.succeeded()
