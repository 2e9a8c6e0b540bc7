"""workers.worker: what happens before the first job."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from workers import jobs, worker


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What a worker is asked that has a store, and no jobs."""
    asked: list[bool] = []
    monkeypatch.setattr(worker, "wait_for_store", lambda *_: None)
    monkeypatch.setattr(worker.MaintenanceWorker, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(worker.MaintenanceWorker, "work", lambda *_, **__: asked.append(True))
    return asked


def fails_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail() -> Any:
        raise error

    monkeypatch.setattr(jobs, "upkeep", fail)


def test_a_first_upkeep_that_fails_is_a_job_that_failed(
    monkeypatch: pytest.MonkeyPatch, worked: list[bool]
) -> None:
    """The worker goes on to the next, as it does after any other."""
    fails_with(monkeypatch, KeyError("damaged"))
    with capture_logs() as logs:
        worker.run_worker("redis://nowhere")

    assert worked == [True]
    assert [line["action"] for line in logs] == ["worker_started", "job_failed"]


def test_a_store_that_is_away_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch, worked: list[bool]
) -> None:
    """Its supervisor starts another."""
    fails_with(monkeypatch, redis.ConnectionError("away"))
    with capture_logs() as logs:
        status = worker.run_worker("redis://nowhere")

    assert (worked, status) == ([], 1)
    assert logs[-1]["action"] == "store_away"
