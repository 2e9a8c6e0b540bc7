"""Whether the store can be trusted with work: reachable, not evicting, persistent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis


@dataclass(frozen=True, slots=True)
class Health:
    """What readiness says: problems keep it from being ready, warnings do not."""

    ready: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_store(client: redis.Redis) -> Health:
    """Ask the store. Never raises for a store that is away: that is a problem too."""
    try:
        memory: dict[str, Any] = client.info("memory")
        persistence: dict[str, Any] = client.info("persistence")
    except redis.RedisError as problem:
        return Health(ready=False, problems=(f"The store does not answer: {problem}",))
    problems = []
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        problems.append(f"The store may evict keys (maxmemory-policy {policy}); set noeviction.")
    warnings = []
    if not persistence.get("aof_enabled"):
        warnings.append("The store appends to no file; what it holds is lost when it ends.")
    return Health(not problems, tuple(problems), tuple(warnings))
