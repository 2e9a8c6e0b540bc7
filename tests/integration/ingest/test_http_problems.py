"""Errors that no field is to blame for: routes, methods, and a store that is away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog
from flask import Flask

from domain.errors import StaleRecord
from tests.integration.ingest.asking import (
    BOOTSTRAP_TOKEN,
    Asker,
    Server,
    Start,
    expect_json,
    expect_problem,
)

KEY = "default_1_abcdef.the-secret-of-a-scanner"


@pytest.fixture
def away(start: Start, tmp_path: Path) -> Flask:
    """A server whose store is not there."""
    return start(f"unix://{tmp_path / 'none.sock'}")


@pytest.mark.parametrize("path", ["/", "/nothing", "/api", "/api/nothing", "/scanner", "/rq/no"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "BREW"])
def test_an_unknown_route_is_a_problem(server: Server, method: str, path: str) -> None:
    """For anybody, with and without a token."""
    expect_problem(server.anybody.ask(method, path), 404, "NOT_FOUND")
    expect_problem(server.admin.ask(method, path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/scanner/jobs", {"GET"}),
        ("POST", "/scanner/jobs", {"GET"}),
        ("GET", "/scanner/heartbeat", {"POST"}),
        ("PUT", "/api/scanners/1", {"GET", "PATCH", "DELETE"}),
        ("PATCH", "/api/scans", {"GET", "POST"}),
        ("POST", "/healthz", {"GET"}),
        ("POST", "/openapi.json", {"GET"}),
        ("BREW", "/api/scans", {"GET", "POST"}),
    ],
)
def test_a_wrong_method_says_the_right_ones(
    server: Server, method: str, path: str, allowed: set[str]
) -> None:
    """In the header Allow, as RFC 9110 demands."""
    answer = server.admin.ask(method, path)

    expect_problem(answer, 405, "METHOD_NOT_ALLOWED")
    named = {each.strip() for each in answer.headers["Allow"].split(",")}
    assert named - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.parametrize("path", ["/api/scans/", "/api//scans", "/scanner/jobs/"])
def test_slashes_too_many_do_no_harm(server: Server, path: str) -> None:
    """The same resource, or a redirect to it."""
    assert server.admin.get(path).status_code in {200, 308, 401}


@pytest.mark.parametrize("path", ["/scanner/jobs", "/api/scans", "/api/groups", "/rq/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_store_that_is_away_is_a_503(away: Flask, method: str, path: str) -> None:
    """Retryable, and with when; nobody takes it for an answer."""
    headers = {"X-API-Key": KEY, "Authorization": f"Bearer {'x' * 24}"}
    answer = Asker(away, headers).ask(method, path)

    if answer.status_code != 405:
        assert expect_problem(answer, 503, "STORE_UNAVAILABLE")["retryable"] is True
        assert int(answer.headers["Retry-After"]) >= 1


def test_the_process_lives_without_its_store(away: Flask) -> None:
    """But is not ready, and tells strangers nothing about where the store would be."""
    ready = Asker(away).get("/readyz")

    assert expect_json(Asker(away).get("/healthz")) == {"ok": True}
    document = expect_problem(ready, 503, "NOT_READY")
    assert "sock" not in document["detail"]
    assert int(ready.headers["Retry-After"]) >= 1


@pytest.fixture
def policy(client: redis.Redis) -> Iterator[redis.Redis]:
    """A store whose settings are put back afterwards."""
    yield client
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 0)


@pytest.mark.parametrize("name", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_a_store_that_may_evict_is_not_ready(
    server: Server, policy: redis.Redis, name: str
) -> None:
    """And the reason is said."""
    policy.config_set("maxmemory-policy", name)
    refused = expect_problem(server.anybody.get("/readyz"), 503, "NOT_READY")
    policy.config_set("maxmemory-policy", "noeviction")

    assert name in refused["detail"]
    assert expect_json(server.anybody.get("/readyz"))["ok"] is True


def test_a_store_without_persistence_is_warned_of(server: Server) -> None:
    """It is ready all the same."""
    answer = expect_json(server.anybody.get("/readyz"))

    assert answer["ok"] is True
    assert [text for text in answer["warnings"] if "append-only" in text]


def test_a_store_that_is_full_is_a_503(server: Server, policy: redis.Redis) -> None:
    """Not a fault of the request."""
    policy.config_set("maxmemory", 1)
    answer = server.admin.post("/api/groups", {"name": "g"})

    assert answer.status_code == 503, answer.get_data()
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), 503, "STORE_UNAVAILABLE"),
        (redis.ResponseError("BUSY Redis is busy running a script"), 503, "STORE_UNAVAILABLE"),
        (redis.exceptions.ReadOnlyError("You can't write"), 503, "STORE_UNAVAILABLE"),
        (redis.exceptions.BusyLoadingError("loading"), 503, "STORE_UNAVAILABLE"),
        (redis.TimeoutError("Timeout reading"), 503, "STORE_UNAVAILABLE"),
        (StaleRecord(), 503, "STALE_RECORD"),
        (redis.ResponseError("ERR Error running script"), 500, "INTERNAL_ERROR"),
    ],
)
def test_what_the_store_refuses_for_now_may_be_tried_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, fault: Exception, status: int, code: str
) -> None:
    """With when; a fault of ours may not."""
    scanner = server.scanner()

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("queues.tasks.TaskStore.heartbeat", fail)
    answer = scanner.post("/scanner/heartbeat")

    assert expect_problem(answer, status, code)["retryable"] is (status == 503)
    assert ("Retry-After" in answer.headers) is (status == 503)


def test_what_nobody_foresaw_is_told_to_the_log_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer has no detail of it, and the log's event no part of the request."""
    scanner = server.scanner()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("queues.tasks.TaskStore.heartbeat", fail)
    with structlog.testing.capture_logs() as events:
        answer = scanner.post("/scanner/heartbeat", {"version": "a-private-version"})

    document = expect_problem(answer, 500, "INTERNAL_ERROR")
    assert "boom" not in document["detail"]
    assert [set(event) for event in events] == [{"action", "event", "exc_info", "log_level"}]
    assert events[0]["action"] == "unforeseen-error"


def test_refusals_put_no_secret_into_the_log(
    server: Server, away: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither keys nor tokens, right or wrong."""
    scanner = server.scanner()
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        for flask in (server.flask, away):
            for headers in (scanner.headers, {"X-API-Key": KEY}, server.admin.headers):
                for path in ("/scanner/jobs?limit=0", "/scanner/jobs", "/api/scans", "/rq/"):
                    Asker(flask, headers).get(path)

    logged = f"{events} {caplog.text}"
    assert "store-away" in logged
    secrets = [scanner.key.partition(".")[2], KEY.partition(".")[2], BOOTSTRAP_TOKEN]
    assert [secret for secret in secrets if secret in logged] == []
