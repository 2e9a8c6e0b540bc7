"""Idempotency-Key: a create that is sent twice creates once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import Server, expect_errors, expect_json

KEY = {"Idempotency-Key": "k"}


def count(server: Server, kind: str) -> int:
    return len(expect_json(server.admin.get(f"/api/{kind}"))["items"])


def test_the_same_scanner_comes_back_without_its_key(server: Server) -> None:
    """The same resource, 201, at the same place; its key was told once."""
    first = server.admin.post("/api/scanners", {"name": "s"}, headers=KEY)
    again = server.admin.post("/api/scanners", {"name": "s"}, headers=KEY)
    view = expect_json(first, 201)

    assert view.pop("apiKey")
    assert again.headers["Location"] == first.headers["Location"]
    assert expect_json(again, 201) == view
    assert count(server, "scanners") == 1


@pytest.mark.parametrize("kind", ["scanners", "groups", "scans"])
def test_the_same_body_makes_one_thing(server: Server, kind: str) -> None:
    """However often it is sent, and in whichever order its fields are."""
    scanner = server.scanner().scanner_id
    scan = {"targets": ["10.0.0.1"], "ports": "1", "scannerIds": [scanner]}
    body: dict[str, Any] = {"name": "x", **(scan if kind == "scans" else {})}
    before = count(server, kind)
    seen = [
        expect_json(server.admin.post(f"/api/{kind}", sent, headers=KEY), 201)
        for sent in (body, dict(reversed(body.items())), body)
    ]

    assert seen[1] == seen[2]
    assert {**seen[1], "apiKey": ""} == {**seen[0], "apiKey": ""}
    assert count(server, kind) == before + 1


@pytest.mark.parametrize("kind", ["scanners", "groups"])
def test_another_body_under_the_same_key_is_refused(server: Server, kind: str) -> None:
    """And creates nothing."""
    expect_json(server.admin.post(f"/api/{kind}", {"name": "a"}, headers=KEY), 201)

    answer = server.admin.post(f"/api/{kind}", {"name": "b"}, headers=KEY)
    assert list(expect_errors(answer)) == ["Idempotency-Key"]
    assert count(server, kind) == 1


def test_other_tokens_routes_and_sites_do_not_clash(server: Server) -> None:
    """Each has its own names."""
    server.site("branch")
    for asker, path in [
        (server.admin, "/api/scanners"),
        (server.token("admin"), "/api/scanners"),
        (server.token("admin"), "/api/scanners"),
        (server.admin, "/api/groups"),
        (server.admin, "/api/scanners?site=branch"),
    ]:
        expect_json(asker.post(path, {"name": "s"}, headers=KEY), 201)

    assert count(server, "scanners") == 3
    assert count(server, "groups") == 1


def test_a_refused_create_uses_up_no_key(server: Server) -> None:
    """The corrected body may come under the same one."""
    expect_errors(server.admin.post("/api/groups", {"name": "g", "scannerIds": [1]}, headers=KEY))

    expect_json(server.admin.post("/api/groups", {"name": "g"}, headers=KEY), 201)
    assert count(server, "groups") == 1


def test_a_key_may_be_odd_but_not_long(server: Server) -> None:
    """200 characters of any kind."""
    for name in ("*:[ÿ", "k" * 200):
        expect_json(
            server.admin.post("/api/groups", {"name": "g"}, headers={"Idempotency-Key": name}), 201
        )
    answer = server.admin.post("/api/groups", {"name": "g"}, headers={"Idempotency-Key": "k" * 201})

    assert list(expect_errors(answer)) == ["Idempotency-Key"]
    assert count(server, "groups") == 2


def test_without_a_key_everything_is_new(server: Server) -> None:
    """Two equal creates make two."""
    for _ in range(2):
        expect_json(server.admin.post("/api/groups", {"name": "g"}), 201)

    assert count(server, "groups") == 2
