"""Hears every call to a parked poll, whichever process it is for."""

from __future__ import annotations

from typing import Any

import redis

Call = tuple[str, int, str]  # site, scanner, process
EVERY_CHANNEL = "sd:wake:*"
BEFORE_CHANNEL = len(EVERY_CHANNEL) - 1


class Ear:
    """One subscription to the channels of all processes."""

    def __init__(self, client: redis.Redis) -> None:
        self._subscription: Any = client.pubsub()
        self._subscription.psubscribe(EVERY_CHANNEL)

    def calls(self) -> list[Call]:
        """All that were made before now: the server answers a ping after what it had to say."""
        calls = []
        self._subscription.ping()
        while (message := self._subscription.get_message(timeout=5))["type"] != "pong":
            if message["type"] == "pmessage":
                site, _, scanner = message["data"].rpartition(":")
                calls.append((site, int(scanner), message["channel"][BEFORE_CHANNEL:]))
        return calls
