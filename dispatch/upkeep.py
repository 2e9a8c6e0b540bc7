"""Upkeep, once a tick: what nobody asks for, and has to be done all the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import redis
import structlog

from dispatch.sites import Sites
from queues.keys import SiteKeys
from queues.retirement import RetirementStore
from queues.upkeep import UpkeepStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UpkeepReport:
    """How many leases were taken back, stalls looked at, scanners found offline."""

    expired: int = 0
    stalled: int = 0
    offline: int = 0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Five steps, each of which may be repeated, and cut off anywhere.

    1. requeue expired leases
    2. detect stalled tasks
    3. mark scanners offline
    4. detect stalled and stuck scans
    5. delete the scanners that wait for their last lease
    """

    store: UpkeepStore
    retirement: RetirementStore
    sites: Sites

    def run(self) -> UpkeepReport:
        """Keep every site; one that fails leaves the others kept."""
        reports = [self._keep_if_possible(SiteKeys(site)) for site in self.sites.store.names()]
        return UpkeepReport(
            sum(r.expired for r in reports),
            sum(r.stalled for r in reports),
            sum(r.offline for r in reports),
        )

    def _keep_if_possible(self, keys: SiteKeys) -> UpkeepReport:
        try:
            return self._keep(keys)
        except redis.ConnectionError:
            raise
        except redis.RedisError:
            log.exception("upkeep", action="upkeep-failed", site=keys.site)
            return UpkeepReport()

    def _keep(self, keys: SiteKeys) -> UpkeepReport:
        settings = self.sites.settings_of(keys)
        report = UpkeepReport(
            expired=self.store.sweep(keys, 1000 * settings.lease_seconds),
            stalled=self.store.check_stalls(keys, 1000 * settings.max_task_seconds),
            offline=self.store.mark_offline(keys, 1000 * settings.offline_seconds),
        )
        self.store.check_scans(keys, 1000 * settings.stall_seconds)
        self.retirement.finish(keys)
        if report != UpkeepReport():
            log.info("upkeep", action="upkeep-done", site=keys.site, **asdict(report))
        return report
