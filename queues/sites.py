"""The index of sites, outside every site's hash tag."""

from __future__ import annotations

from typing import Any

import redis

from queues import keys

DEFAULT_SITE = "default"


class SiteStore:
    """Which sites there are; `default` always is."""

    def __init__(self, client: redis.Redis) -> None:
        self.client: Any = client

    def names(self) -> list[str]:
        """Every site, in alphabetical order."""
        return sorted({DEFAULT_SITE, *self.client.smembers(keys.SITES)})

    def exists(self, site: str) -> bool:
        """Whether there is such a site."""
        return site == DEFAULT_SITE or bool(self.client.sismember(keys.SITES, site))
