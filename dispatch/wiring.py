"""Makes the use cases of one process from its settings."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from dispatch.address_rules import AddressRules
from dispatch.credentials import Credentials
from dispatch.events import Events
from dispatch.exports import Exports
from dispatch.groups import Groups
from dispatch.open_files import parked_at_most
from dispatch.operators import Operators
from dispatch.overview import Overview
from dispatch.parking import Parking
from dispatch.places import Places
from dispatch.port_lists import PortLists
from dispatch.recutting import Recutting
from dispatch.rules import SiteRules
from dispatch.scanners import Scanners
from dispatch.scans import Scans
from dispatch.settings import Settings
from dispatch.sites import Sites
from dispatch.spaces import Spaces
from dispatch.syncing import Syncing
from dispatch.upkeep import Upkeep
from dispatch.work import Work
from queues.alarms import AlarmStore
from queues.audit import Audit
from queues.connection import open_ear, open_redis
from queues.events import EventStore
from queues.groups import GroupStore
from queues.memory import Memory
from queues.overview import OverviewStore
from queues.port_lists import PortListStore
from queues.recuts import RecutStore
from queues.results import ResultStore
from queues.retirement import RetirementStore
from queues.rules import RuleStore
from queues.scanners import ScannerStore
from queues.scans import ScanStore
from queues.sites import SiteStore
from queues.tasks import TaskStore
from queues.tokens import TokenStore
from queues.upkeep import UpkeepStore
from queues.wakes import Wakes

__all__ = ["Dispatch", "open_dispatch", "open_redis"]

# A process takes on so many at once; it refuses the others, who are to ask again later.
EXPORTS_AT_ONCE, EXPORT_RETRY_SECONDS = 8, 10
EVENT_STREAMS_AT_ONCE, STREAM_RETRY_SECONDS = 1000, 30


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Every use case, on one client of the store."""

    settings: Settings
    client: redis.Redis
    credentials: Credentials
    work: Work
    syncing: Syncing
    parking: Parking
    sites: Sites
    scanners: Scanners
    groups: Groups
    rules: SiteRules
    subnets: AddressRules
    exclusions: AddressRules
    scopes: AddressRules
    port_lists: PortLists
    overview: Overview
    scans: Scans
    exports: Exports
    events: Events
    tokens: Operators
    upkeep: Upkeep
    alarms: AlarmStore
    audit: Audit


def open_dispatch(settings: Settings) -> Dispatch:
    """Connects with the first call. Raises ValueError where no store is configured."""
    url = _store_url(settings)
    client, ear = open_redis(url), open_ear(url)
    scanners, scans, results = ScannerStore(client), ScanStore(client), ResultStore(client)
    index, retirement, memory = SiteStore(client), RetirementStore(client), Memory(client)
    sites = Sites(index, settings)
    operators_scanners = Scanners(scanners, retirement)
    groups = Groups(GroupStore(client), retirement)
    rule_store = RuleStore(client)
    rules, port_lists = SiteRules(rule_store), PortListStore(client)
    recutting = Recutting(rules, RecutStore(client), scans)
    exporting = Places(EXPORTS_AT_ONCE, retry_after_seconds=EXPORT_RETRY_SECONDS)
    following = Places(EVENT_STREAMS_AT_ONCE, retry_after_seconds=STREAM_RETRY_SECONDS)
    tasks, credentials = TaskStore(client, sites.timing_of), Credentials(scanners)
    work = Work(tasks, credentials, recutting, Spaces(tasks, scans), memory)
    return Dispatch(
        settings=settings,
        client=client,
        credentials=credentials,
        work=work,
        syncing=Syncing(work),
        parking=Parking(tasks, lambda name: Wakes(ear, name), most=parked_at_most()),
        sites=sites,
        scanners=operators_scanners,
        groups=groups,
        rules=rules,
        subnets=AddressRules("subnet", rule_store, recutting),
        exclusions=AddressRules("exclusion", rule_store, recutting),
        scopes=AddressRules("scope", rule_store, recutting),
        port_lists=PortLists(port_lists),
        overview=Overview(OverviewStore(client), operators_scanners, groups),
        scans=Scans(scans, results, scanners, port_lists, recutting, sites, memory),
        exports=Exports(scans, results, exporting),
        events=Events(EventStore(client), scans, following),
        tokens=Operators(TokenStore(client), index, settings.bootstrap_admin_token),
        upkeep=Upkeep(UpkeepStore(client), retirement, sites),
        alarms=AlarmStore(client),
        audit=Audit(client),
    )


def _store_url(settings: Settings) -> str:
    if settings.redis_url is None:
        raise ValueError("No store is configured; set REDIS_URL, or start one: scandispatch up")
    return settings.redis_url
