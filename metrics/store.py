"""What the store knows, read at each scrape: scans, queues, leases, expiries, sweeps, scanners.

A store that is away leaves these out and says so; what the processes count is shown all the same.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib import metadata

import redis
import structlog
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from queues.readings import Readings, ReadingStore

log = structlog.get_logger()


class StoreCollector(Collector):
    """Reads whenever it is asked."""

    def __init__(self, store: ReadingStore) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        yield _build()
        try:
            families = list(_families(self._store.read(), self._store.now_ms()))
        except redis.RedisError as problem:
            log.warning("no readings for /metrics", action="store-away", error=str(problem))
            families = []
        yield _gauge("store_up", "Whether the store answers, 1 or 0.", int(bool(families)))
        yield from families


def _build() -> Metric:
    try:
        version = metadata.version("scandispatch")
    except metadata.PackageNotFoundError:
        version = "unknown"
    says = {"version": version, "python": platform.python_version()}
    return InfoMetricFamily("scandispatch_build", "What runs here.", value=says)


def _families(readings: Readings, now_ms: int) -> Iterator[Metric]:
    scans = GaugeMetricFamily("scandispatch_scans", "Scans by status.", labels=["status"])
    for status, number in readings.scans.items():
        scans.add_metric([status], number)
    yield scans
    queued = GaugeMetricFamily(
        "scandispatch_queue_scans",
        "Scans in job queues, one in two queues twice: waiting in the list (canceled ones too, "
        "until it is their turn), or ready to be handed out.",
        labels=["state"],
    )
    queued.add_metric(["waiting"], readings.waiting)
    queued.add_metric(["ready"], readings.ready)
    yield queued
    yield _gauge("leases", "Tasks that are out.", readings.leases)
    yield _gauge("scanners_online", "Scanners heard of lately.", readings.online)
    yield CounterMetricFamily(
        "scandispatch_expiries", "Tasks taken back from a scanner.", value=readings.expired
    )
    if readings.swept_ms is not None:
        age_seconds = max(0, now_ms - readings.swept_ms) / 1000
        yield _gauge(
            "sweep_age_seconds", "Since the last sweep, of the site with the oldest.", age_seconds
        )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"scandispatch_{name}", says, value=value)
