"""What upkeep asks of the store: each step looks at a bounded number of items and is repeated."""

from __future__ import annotations

from queues.keys import SiteKeys
from queues.store import Store

ITEMS_A_STEP = 100


class UpkeepStore(Store):
    """Each method runs its script until nothing is left, and answers how many items it saw."""

    def sweep(self, keys: SiteKeys, lease_ms: int) -> int:
        """Take back tasks whose lease ran out."""
        return self._all("sweep_leases", keys, lease_ms)

    def check_stalls(self, keys: SiteKeys, max_task_ms: int) -> int:
        """Raise alarms for tasks without progress; take back those without it for very long."""
        return self._all("check_stalls", keys, max_task_ms)

    def mark_offline(self, keys: SiteKeys, offline_ms: int) -> int:
        """Take scanners offline that were not heard of."""
        return self._all("mark_offline", keys, offline_ms)

    def check_scans(self, keys: SiteKeys, stall_ms: int) -> None:
        """Raise alarms for running scans that do not move."""
        after = "0"
        while after:
            after = self.scripts.run("check_scans", keys, stall_ms, after, ITEMS_A_STEP)[1]

    def _all(self, script: str, keys: SiteKeys, limit_ms: int) -> int:
        total = 0
        while True:
            count = int(self.scripts.run(script, keys, limit_ms, ITEMS_A_STEP)[1])
            total += count
            if count < ITEMS_A_STEP:
                return total
