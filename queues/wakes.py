"""What wakes the parked polls of a process: one pub/sub connection, by which the store calls them.

A hint only: what is said while the connection is away is lost, so whoever listens is told of each
subscription, and looks for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import redis

from queues.keys import SiteKeys, channel
from queues.patience import Patience

QUIET_SECONDS = 5.0  # then the server is asked for a sign of life, and has as long to give it


@dataclass(frozen=True, slots=True)
class Park:
    """Where a poll that finds nothing waits: the process to call, and for how many ms."""

    process: str
    ms: int


class Listener(Protocol):
    """Whoever is called."""

    def subscribed(self) -> None:
        """Calls may have been missed before; they are heard from now on."""

    def called(self, keys: SiteKeys, scanner: int) -> None:
        """There may be work for a scanner."""


class Wakes:
    """The calls to one process. client: for this alone, as one subscription holds a connection."""

    def __init__(
        self,
        client: redis.Redis,
        process: str,
        *,
        patience: Patience | None = None,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._client: Any = client
        self._channel = channel(process)
        self._patience = patience or Patience()
        self._quiet_seconds = quiet_seconds
        self._subscription: Any = None
        self._closed = False

    def listen(self, listener: Listener) -> None:
        """Hear until closed, however often the store goes away and comes back."""
        while not self._closed:
            try:
                self._hear(listener)
            except (redis.RedisError, OSError) as error:
                if not self._closed:
                    self._patience.failed(error)

    def close(self) -> None:
        """Have the subscription end, and with it `listen`."""
        self._closed = True
        if self._subscription is not None:
            with suppress(redis.RedisError, OSError):
                self._subscription.unsubscribe()

    def _hear(self, listener: Listener) -> None:
        with closing(self._client.pubsub()) as self._subscription:
            self._subscription.subscribe(self._channel)
            for message in self._messages(self._subscription):
                if message["type"] == "subscribe":
                    self._patience.succeeded()
                    listener.subscribed()
                elif message["type"] == "message":
                    site, _, scanner = message["data"].rpartition(":")
                    listener.called(SiteKeys(site), int(scanner))

    def _messages(self, subscription: Any) -> Iterator[dict[str, Any]]:
        """Every message; raises ConnectionError where the server is silent even when asked."""
        asked = False
        while not self._closed:
            message = subscription.get_message(timeout=self._quiet_seconds)
            if message is not None:
                asked = False
                yield message
            elif asked:
                raise redis.ConnectionError("nothing is heard of the store")
            else:
                subscription.ping()
                asked = True
