"""A store that is nearly full takes nothing new, and still lets work end."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.embedded import EmbeddedStore
from dispatch.settings import Settings
from dispatch.wiring import open_dispatch
from domain.errors import StoreFull
from queues.keys import SiteKeys
from queues.store import Asked

KEYS = SiteKeys("default")
SCAN = {"targets": ["10.0.0.0/30"], "ports": "22", "engine": "connect", "hosts_per_task": 4}
FOUND = [{"host": "10.0.0.1", "state": "open", "port": 22}]


def test_creates_then_results_are_refused_and_completes_never(tmp_path: Path) -> None:
    """Above 80 % of maxmemory no scan is created, above 85 % no result kept; complete goes on."""
    with EmbeddedStore(tmp_path, persist=False) as store:
        dispatch = open_dispatch(Settings(redis_url=store.url))
        scanner = dispatch.scanners.create(KEYS, {"name": "s"}, Asked())
        wanted = {**SCAN, "scanner_ids": [scanner["scanner_id"]]}
        dispatch.scans.create(KEYS, wanted, Asked())
        caller = dispatch.credentials.check(scanner["api_key"])
        claimed = dispatch.work.claim(caller, address="127.0.0.1", limit=1, request_id="")
        (lease,) = claimed.leases
        dispatch.work.start(caller, lease.task, None)
        used = dispatch.client.info("memory")["used_memory"]
        dispatch.client.config_set("maxmemory", int(used / 0.87))
        full = open_dispatch(Settings(redis_url=store.url))

        with pytest.raises(StoreFull):
            full.scans.create(KEYS, wanted, Asked())
        with pytest.raises(StoreFull):
            full.work.results(caller, lease.task, 1, batch=1, results=FOUND)
        full.client.config_set("maxmemory", used // 2)
        full.work.complete(
            caller, lease.task, None, status="completed", results=None, message="done"
        )

        assert full.scans.store.get(KEYS, lease.scan)["status"] == "completed"
        dispatch.client.close()
        full.client.close()
