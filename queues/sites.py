"""The index of sites, outside every site's hash tag."""

from __future__ import annotations

import json
from typing import Any

import redis

from queues import keys as names
from queues.keys import SiteKeys

DEFAULT_SITE = "default"
_INDEXES = ("scanners", "groups", "scans", "subnets", "exclusions", "scopes", "port-lists")
_LEFTOVERS = (
    *("online", "engines", "retiring", "alarms", "raised", "leases", "stalls", "freed", "named"),
    *("cidrs:subnet", "cidrs:exclusion", "cidrs:scope"),
)


class SiteStore:
    """Which sites there are, each with its record; `default` always is."""

    def __init__(self, client: redis.Redis) -> None:
        self.client: Any = client

    def names(self) -> list[str]:
        """Every site, in alphabetical order."""
        return sorted({DEFAULT_SITE, *self.client.hkeys(names.SITES)})

    def find(self, site: str) -> dict[str, Any] | None:
        """A site's record, or None."""
        text = self.client.hget(names.SITES, site)
        if text is None:
            return {} if site == DEFAULT_SITE else None
        record: dict[str, Any] = json.loads(text)
        return record

    def add(self, site: str, record: dict[str, Any]) -> bool:
        """Keep a new site; False where there is one of this name."""
        return bool(self.client.hsetnx(names.SITES, site, json.dumps(record)))

    def remove(self, site: str) -> bool:
        """Forget a site with nothing in it; False where there is something.

        It goes from the index first, so that nothing is made in it meanwhile.
        """
        keys, text = SiteKeys(site), self.client.hget(names.SITES, site)
        self.client.hdel(names.SITES, site)
        if any(self.client.zcard(keys.of(index)) for index in _INDEXES):
            self.client.hsetnx(names.SITES, site, text)
            return False
        alarms = [keys.of("alarm", alarm) for alarm in self.client.zrange(keys.of("alarms"), 0, -1)]
        self.client.unlink(keys.root, *alarms, *(keys.of(part) for part in _LEFTOVERS))
        return True
