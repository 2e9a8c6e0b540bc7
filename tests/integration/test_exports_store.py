"""dispatch.exports on a real store: rows as scanners sent them, in one file."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from dispatch.exports import Exports
from dispatch.places import Places
from domain.errors import Busy, NotFound
from queues import results
from queues.exchange import Holder, Lease
from queues.results import ResultStore
from tests.integration.conftest import Site


@pytest.fixture
def exports(site: Site) -> Exports:
    """Exports of the site, one at a time."""
    return Exports(site.scans, ResultStore(site.client), Places(1, retry_after_seconds=3))


def found(host: str, port: int, banner: str = "") -> dict[str, Any]:
    return {"host": host, "port": port, "protocol": "tcp", "state": "open", "banner": banner}


def send(site: Site, holder: Holder, lease: Lease, batch: int, *rows: dict[str, Any]) -> None:
    """One batch of results."""
    site.tasks.results(
        holder, lease.task, lease.attempt, batch=batch, count=len(rows), rows=json.dumps(rows)
    )


def lines(exports: Exports, site: Site, scan: int) -> list[Any]:
    chunks = exports.open(site.keys, scan, "jsonl").chunks
    return [json.loads(line) for line in b"".join(chunks).splitlines()]


@pytest.fixture
def lease(site: Site) -> tuple[Holder, Lease]:
    """A task that was started, and who holds it."""
    holder = site.scanner()
    site.scan(f"s{holder.scanner}")
    [lease] = site.claim(holder, 1)
    site.tasks.start(holder, lease.task, lease.attempt)
    return holder, lease


def test_the_newest_of_each_port_is_exported(
    site: Site, exports: Exports, lease: tuple[Holder, Lease]
) -> None:
    """By the order in which batches came, with who sent it."""
    send(site, *lease, 1, found("10.0.0.9", 80), found("10.0.0.10", 22, "old"))
    send(site, *lease, 2, found("10.0.0.10", 22, "new"))
    rows = lines(exports, site, lease[1].scan)

    assert [(row["host"], row["port"], row["banner"]) for row in rows] == [
        ("10.0.0.9", 80, ""),
        ("10.0.0.10", 22, "new"),
    ]
    assert rows[0]["scannerId"] == lease[0].scanner
    assert rows[0]["jobId"] == lease[1].task


@pytest.mark.parametrize(("batches", "size"), [(1, 10**6), (3, 10**6), (50, 1)])
def test_all_is_read_however_it_is_cut(  # noqa: PLR0917 - two of them are what it varies
    site: Site,
    exports: Exports,
    lease: tuple[Holder, Lease],
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
    size: int,
) -> None:
    """A read is bounded in batches and in bytes, and the next goes on where it ended."""
    monkeypatch.setattr(results, "BATCHES_A_READ", batches)
    monkeypatch.setattr(results, "BYTES_A_READ", size)
    for batch in range(1, 8):
        send(site, *lease, batch, found("10.0.0.1", batch), found("10.0.0.2", batch))

    assert len(lines(exports, site, lease[1].scan)) == 14


def test_a_scan_deleted_meanwhile_is_no_short_export(
    site: Site, exports: Exports, client: redis.Redis, lease: tuple[Holder, Lease]
) -> None:
    """It is not found, before anything is sent."""
    scan = lease[1].scan
    export = exports.open(site.keys, scan, "csv")
    client.delete(site.keys.of("scan", scan))

    with pytest.raises(NotFound):
        next(export.chunks)


def test_an_export_that_is_left_gives_its_place_back(
    site: Site, exports: Exports, lease: tuple[Holder, Lease]
) -> None:
    """As when the client hangs up; meanwhile another is refused."""
    first = exports.open(site.keys, lease[1].scan, "csv").chunks
    next(first)
    with pytest.raises(Busy):
        next(exports.open(site.keys, lease[1].scan, "csv").chunks)
    first.close()

    assert lines(exports, site, lease[1].scan) == []
