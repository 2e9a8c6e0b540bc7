"""Who may call as a scanner: judged before anything else of the request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import (
    Asker,
    Scanner,
    Server,
    Start,
    expect_json,
    expect_problem,
)

CALLS = [
    ("GET", "/scanner/jobs"),
    ("POST", "/scanner/jobs/1/start"),
    ("POST", "/scanner/jobs/1/progress"),
    ("POST", "/scanner/jobs/1/results"),
    ("POST", "/scanner/jobs/1/complete"),
    ("POST", "/scanner/jobs/1/release"),
    ("POST", "/scanner/heartbeat"),
]
RESULTS = {"attempt": 1, "batch": 1, "results": [{"host": "10.0.0.1", "state": "up"}]}
BODIES: list[dict[str, Any]] = [
    {},
    {"data": b"{", "content_type": "application/json"},
    {"data": b"{}", "content_type": "text/plain"},
    {"json": {"bogus": 1}},
    {"json": RESULTS},
    {"query_string": "limit=0"},
]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("body", BODIES)
def test_the_key_is_judged_before_the_request(
    server: Server, method: str, path: str, body: dict[str, Any]
) -> None:
    """Without a key, or with a wrong one, nothing else is looked at."""
    expect_problem(server.anybody.ask(method, path, **body), 401, "MISSING_API_KEY")
    wrong = Asker(server.flask, {"X-API-Key": "default_1_abcdef.x"})
    expect_problem(wrong.ask(method, path, **body), 401, "INVALID_API_KEY")


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("body", BODIES)
def test_a_disabled_scanner_is_told_so_at_once(
    server: Server, method: str, path: str, body: dict[str, Any]
) -> None:
    """With its next call, whatever that says, even where a process knew it as enabled."""
    scanner = server.scanner()
    url = f"/api/scanners/{scanner.scanner_id}"
    expect_json(scanner.get("/scanner/jobs"))
    expect_json(server.admin.patch(url, {"enabled": False}))

    for _ in range(2):
        expect_problem(scanner.ask(method, path, **body), 403, "SCANNER_DISABLED")
    expect_json(server.admin.patch(url, {"enabled": True}))
    assert scanner.ask(method, path, **body).status_code != 403


def test_another_process_knows_at_once(server: Server, start: Start, store_url: str) -> None:
    """What one process remembers of a scanner never outlives what another changed."""
    other = start(store_url)
    here = server.scanner()
    there = Scanner(other, here.headers)
    expect_json(there.get("/scanner/jobs"))
    expect_json(server.admin.patch(f"/api/scanners/{here.scanner_id}", {"enabled": False}))

    expect_problem(there.get("/scanner/jobs"), 403, "SCANNER_DISABLED")


def odd_keys(key: str) -> list[str]:
    """Keys that are nearly right, and some that are nothing at all."""
    key_id, _, secret = key.partition(".")
    site, scanner, short = key_id.split("_")
    return [
        *(key_id, f"{key_id}.", f".{secret}", ".", "..", "x", f"{secret}.{key_id}"),
        *(f"{key}x", key[:-1], f"{key}.", key.upper(), f"{key_id}.{secret.lower()}x"),
        *(f"branch_{scanner}_{short}.{secret}", f"{site}_{scanner}1_{short}.{secret}"),
        *(f"{site}_{scanner}_000000.{secret}", f"{site}_{'9' * 500}_{short}.{secret}"),
        *(f"{{{site}}}_{scanner}_{short}.{secret}", f"{site}_-{scanner}_{short}.{secret}"),
        *(f"{site}_{scanner}_*.{secret}", "ÿ.ÿ", "default_\u0661_abcdef.x", "k" * 10_240),
        *(f"{key_id}.{'s' * 10_240}", f"Bearer {key}", f"{key_id}:{secret}"),
    ]


def test_odd_keys_are_invalid(server: Server) -> None:
    """Whatever their form, and even while the right key is known to the process."""
    server.site("branch")
    scanner = server.scanner()
    expect_json(scanner.get("/scanner/jobs"))
    for key in odd_keys(scanner.key):
        wrong = Asker(server.flask, {"X-API-Key": key.encode().decode("latin-1")})
        expect_problem(wrong.get("/scanner/jobs"), 401, "INVALID_API_KEY")

    assert expect_json(scanner.get("/scanner/jobs")) == {"jobs": []}


def test_an_empty_key_is_missing(server: Server) -> None:
    """A header without a value is as good as none."""
    nobody = Asker(server.flask, {"X-API-Key": ""})

    expect_problem(nobody.get("/scanner/jobs"), 401, "MISSING_API_KEY")


def test_neither_kind_of_credential_opens_the_other_door(server: Server) -> None:
    """A scanner's key is no operator's token, and the other way round."""
    scanner = server.scanner()

    expect_problem(server.operator(scanner.key).get("/api/scans"), 401, "INVALID_TOKEN")
    expect_problem(scanner.get("/api/scans"), 401, "MISSING_TOKEN")
    expect_problem(server.admin.get("/scanner/jobs"), 401, "MISSING_API_KEY")


def test_a_key_of_an_emptied_store_is_invalid(server: Server) -> None:
    """What a process remembers counts for nothing where the store knows no such scanner."""
    scanner = server.scanner()
    expect_json(scanner.get("/scanner/jobs"))
    server.store.flushall()

    expect_problem(scanner.get("/scanner/jobs"), 401, "INVALID_API_KEY")
