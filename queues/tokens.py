"""Operator tokens, by the SHA-256 of each, and the count of failed attempts to authenticate."""

from __future__ import annotations

import json
from typing import Any

import redis

from queues import keys

FAILURES_SECONDS = 60


class TokenStore:
    """Tokens lie outside the sites: one may belong to all of them."""

    def __init__(self, client: redis.Redis) -> None:
        self.client: Any = client

    def find(self, digest: str) -> dict[str, Any] | None:
        """The record of a token, or None."""
        text = self.client.hget(keys.TOKENS, digest)
        return json.loads(text) if text else None

    def add(self, digest: str, record: dict[str, Any]) -> None:
        """Keep a token."""
        self.client.hset(keys.TOKENS, digest, json.dumps(record))

    def any_admin(self) -> bool:
        """Whether an admin token exists."""
        return any(json.loads(t)["role"] == "admin" for t in self.client.hvals(keys.TOKENS))

    def count_failure(self, address: str) -> int:
        """How many attempts from this address failed within a minute, this one included."""
        with self.client.pipeline(transaction=True) as pipe:
            pipe.set(keys.failures(address), 0, ex=FAILURES_SECONDS, nx=True)
            pipe.incr(keys.failures(address))
            return int(pipe.execute()[1])
