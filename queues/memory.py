"""How full the store is: nothing new is taken when it nearly is, what ends work always is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from domain.errors import StoreFull

CREATES_BELOW = 0.80  # of maxmemory
RESULTS_BELOW = 0.85
LOOK_SECONDS = 1.0
RETRY_SECONDS = 30


@dataclass
class Memory:
    """Asks the store at most once a second. Without maxmemory there is always room."""

    client: Any
    _looked_at: float = float("-inf")
    _share: float = 0.0

    def check(self, below: float) -> None:
        """Raise StoreFull where the store is filled to this share or more."""
        if self._present_share() >= below:
            raise StoreFull(retry_after_seconds=RETRY_SECONDS)

    def _present_share(self) -> float:
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            info = self.client.info("memory")
            limit = int(info.get("maxmemory", 0))
            self._share = int(info["used_memory"]) / limit if limit else 0.0
            self._looked_at = time.monotonic()
        return self._share
