"""Makes the use cases of one process from its settings."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from dispatch.credentials import Credentials
from dispatch.groups import Groups
from dispatch.operators import Operators
from dispatch.scanners import Scanners
from dispatch.scans import Scans
from dispatch.settings import Settings
from dispatch.spaces import Spaces
from dispatch.upkeep import Upkeep
from dispatch.work import Work
from queues.audit import Audit
from queues.connection import open_redis
from queues.groups import GroupStore
from queues.results import ResultStore
from queues.retirement import RetirementStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.sites import SiteStore
from queues.tasks import TaskStore, Timing
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
    scanners: Scanners
    groups: Groups
    scans: Scans
    tokens: Operators
    upkeep: Upkeep
    audit: Audit


def open_dispatch(settings: Settings) -> Dispatch:
    """Connects with the first call. Raises ValueError where no store is configured."""
    if settings.redis_url is None:
        raise ValueError("No store is configured; set REDIS_URL, or start one: scandispatch up")
    client = open_redis(settings.redis_url)
    timing = Timing(
        claim_ms=1000 * settings.claim_seconds,
        lease_ms=1000 * settings.lease_seconds,
        stall_ms=1000 * settings.stall_seconds,
        task_seconds=settings.task_seconds,
        default_rate=settings.default_probes_per_second,
    )
    scanners, scans, sites = ScannerStore(client), ScanStore(client), SiteStore(client)
    retirement = RetirementStore(client)
    tasks, credentials = TaskStore(client, timing), Credentials(scanners)
    return Dispatch(
        settings=settings,
        client=client,
        credentials=credentials,
        work=Work(tasks, credentials, Spaces(tasks, scans)),
        scanners=Scanners(scanners, retirement),
        groups=Groups(GroupStore(client), retirement),
        scans=Scans(scans, ResultStore(client), scanners, settings.max_attempts),
        tokens=Operators(TokenStore(client), sites, settings.bootstrap_admin_token),
        upkeep=Upkeep(UpkeepStore(client), retirement, sites, settings),
        audit=Audit(client),
    )
