"""Whether the store can be trusted with work: reachable, writable, not evicting, persistent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness says: problems keep it from being ready, warnings do not."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


def check_store(client: redis.Redis) -> Health:
    """Ask the store. Never raises for a store that is away: that is a problem too."""
    try:
        facts: dict[str, Any] = client.info()
    except redis.RedisError as problem:
        log.warning("not-ready", action="store-away", error=str(problem))
        return Health(problems=("The store does not answer; the log says more.",))
    return Health(tuple(_problems(facts)), tuple(_warnings(facts)))


def _problems(facts: dict[str, Any]) -> list[str]:
    problems = []
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        problems.append(f"The store may evict keys (maxmemory-policy {policy}); set noeviction.")
    if facts.get("role", "master") != "master":
        problems.append("The store is a replica, which takes no writes; name its primary.")
    return problems


def _warnings(facts: dict[str, Any]) -> list[str]:
    if facts.get("aof_enabled"):
        return []
    return ["The store keeps no append-only file; what is newer than a snapshot is lost with it."]
