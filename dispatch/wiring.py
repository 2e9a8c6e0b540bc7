"""Makes the use cases of one process from its settings."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from dispatch.credentials import Credentials
from dispatch.groups import Groups
from dispatch.operators import Operators
from dispatch.overview import Overview
from dispatch.scanners import Scanners
from dispatch.scans import Scans
from dispatch.settings import Settings
from dispatch.sites import Sites
from dispatch.spaces import Spaces
from dispatch.upkeep import Upkeep
from dispatch.work import Work
from queues.audit import Audit
from queues.connection import open_redis
from queues.groups import GroupStore
from queues.overview import OverviewStore
from queues.results import ResultStore
from queues.retirement import RetirementStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.sites import SiteStore
from queues.tasks import TaskStore
from queues.tokens import TokenStore
from queues.upkeep import UpkeepStore

__all__ = ["Dispatch", "open_dispatch", "open_redis"]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Every use case, on one client of the store."""

    settings: Settings
    client: redis.Redis
    credentials: Credentials
    work: Work
    sites: Sites
    scanners: Scanners
    groups: Groups
    overview: Overview
    scans: Scans
    tokens: Operators
    upkeep: Upkeep
    audit: Audit


def open_dispatch(settings: Settings) -> Dispatch:
    """Connects with the first call. Raises ValueError where no store is configured."""
    if settings.redis_url is None:
        raise ValueError("No store is configured; set REDIS_URL, or start one: scandispatch up")
    client = open_redis(settings.redis_url)
    scanners, scans, index = ScannerStore(client), ScanStore(client), SiteStore(client)
    sites = Sites(index, settings)
    retirement = RetirementStore(client)
    operators_scanners = Scanners(scanners, retirement)
    groups = Groups(GroupStore(client), retirement)
    tasks, credentials = TaskStore(client, sites.timing_of), Credentials(scanners)
    return Dispatch(
        settings=settings,
        client=client,
        credentials=credentials,
        work=Work(tasks, credentials, Spaces(tasks, scans)),
        sites=sites,
        scanners=operators_scanners,
        groups=groups,
        overview=Overview(OverviewStore(client), operators_scanners, groups),
        scans=Scans(scans, ResultStore(client), scanners, sites),
        tokens=Operators(TokenStore(client), index, settings.bootstrap_admin_token),
        upkeep=Upkeep(UpkeepStore(client), retirement, sites),
        audit=Audit(client),
    )
