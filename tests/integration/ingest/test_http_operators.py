"""Who may call as an operator: tokens, roles and sites."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import Asker, Server, expect_json, expect_problem

READS = ["/api/scanners", "/api/groups", "/api/scans", "/api/alarms"]
SCANNER = {"name": "s"}
GROUP = {"name": "g"}
MALFORMED: dict[str, Any] = {"data": b"{", "content_type": "application/json"}


@pytest.mark.parametrize("path", [*READS, "/api/scans/1", "/api/scans/1/tasks"])
def test_without_a_token_nothing_is_read(server: Server, path: str) -> None:
    """A missing one and a wrong one are told apart, and how to send one is said."""
    missing, wrong = server.anybody.get(path), server.operator("x" * 24).get(path)

    expect_problem(missing, 401, "MISSING_TOKEN")
    expect_problem(wrong, 401, "INVALID_TOKEN")
    assert missing.headers["WWW-Authenticate"] == wrong.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "MISSING_TOKEN"),
        ("Bearer", "MISSING_TOKEN"),
        ("Bearer  ", "MISSING_TOKEN"),
        ("Basic YTpi", "MISSING_TOKEN"),
        ("Bearerx", "MISSING_TOKEN"),
        ("Bearer ÿ", "INVALID_TOKEN"),
        ("Bearer a b", "INVALID_TOKEN"),
        ("bearer " + "x" * 10_240, "INVALID_TOKEN"),
    ],
)
def test_odd_headers_let_nobody_in(server: Server, header: str, code: str) -> None:
    """Whatever their form."""
    odd = Asker(server.flask, {"Authorization": header})

    expect_problem(odd.get("/api/scans"), 401, code)


def test_the_scheme_may_be_written_in_any_case(server: Server) -> None:
    """As RFC 9110 has it."""
    token = server.admin.headers["Authorization"].partition(" ")[2]

    expect_json(Asker(server.flask, {"Authorization": f"bEARER {token}"}).get("/api/scans"))


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
@pytest.mark.parametrize("path", READS)
def test_every_role_reads(server: Server, role: str, path: str) -> None:
    """All lists, of whichever site the token is for."""
    for site in (None, "default"):
        answer = server.token(role, site).get(path)
        assert expect_json(answer) == {"items": [], "nextCursor": None}


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("viewer", "/api/scanners", 403),
        ("viewer", "/api/groups", 403),
        ("viewer", "/api/scans", 403),
        ("viewer", "/api/scans/1/cancel", 403),
        ("operator", "/api/scanners", 403),
        ("operator", "/api/groups", 403),
        ("operator", "/api/scans", 400),
        ("operator", "/api/scans/1/cancel", 400),
        ("admin", "/api/scanners", 400),
        ("admin", "/api/groups", 400),
        ("admin", "/api/scans", 400),
    ],
)
def test_the_role_is_judged_before_the_body(
    server: Server, role: str, path: str, status: int
) -> None:
    """Who may not write hears that, and not what is wrong with the body."""
    answer = server.token(role).post(path, **MALFORMED)

    expect_problem(answer, status, "FORBIDDEN" if status == 403 else "MALFORMED_BODY")


@pytest.mark.parametrize("path", ["/api/scanners/1", "/api/groups/1"])
def test_operators_change_no_configuration(server: Server, path: str) -> None:
    """PATCH is for admins; for them what is not there is not found."""
    expect_problem(server.token("operator").patch(path, {}), 403, "FORBIDDEN")
    expect_problem(server.token("admin").patch(path, {}), 404, "NOT_FOUND")


def test_a_site_s_token_sees_that_site_only(server: Server) -> None:
    """It need not name its site, and may name no other."""
    branch = server.token("admin", server.site("branch"))
    here = expect_json(server.admin.post("/api/scanners", SCANNER), 201)
    there = expect_json(branch.post("/api/scanners", SCANNER), 201)
    listed = expect_json(branch.get("/api/scanners?site=branch"))["items"]

    assert [one["scannerId"] for one in listed] == [there["scannerId"]]
    assert there["apiKey"].startswith("branch_")
    expect_problem(branch.get("/api/scanners?site=default"), 403, "FORBIDDEN")
    expect_problem(branch.get(f"/api/scanners/{here['scannerId']}"), 404, "NOT_FOUND")


def test_a_token_of_all_sites_chooses_one(server: Server) -> None:
    """`default` where it does not say; and where a resource is, is said with its site."""
    server.site("branch")
    made = server.admin.post("/api/groups?site=branch", GROUP)
    group = expect_json(made, 201)

    assert expect_json(server.admin.get("/api/groups"))["items"] == []
    listed = expect_json(server.admin.get("/api/groups?site=branch"))["items"]
    assert [one["groupId"] for one in listed] == [group["groupId"]]
    assert expect_json(server.admin.get(made.headers["Location"])) == group


@pytest.mark.parametrize("site", ["nowhere", "x" * 5000, "%00", "a:b", "%ED%A0%80", "Default"])
@pytest.mark.parametrize("path", [*READS, "/api/scans/1"])
def test_an_unknown_site_is_not_found(server: Server, path: str, site: str) -> None:
    """However it is written."""
    expect_problem(server.admin.get(f"{path}?site={site}"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/scans"),
        ("GET", "/api/scans/1"),
        ("POST", "/api/scanners"),
        ("PATCH", "/api/groups/1"),
        ("POST", "/api/scans/1/cancel"),
    ],
)
def test_a_misspelt_query_is_refused(server: Server, method: str, path: str) -> None:
    """Else `?sites=branch` would act on the default site."""
    expect_problem(server.admin.ask(method, f"{path}?sites=branch"), 422, "VALIDATION_ERROR")


def test_references_stay_within_a_site(server: Server) -> None:
    """A scanner or group of another site is none that a group or scan could have."""
    server.site("branch")
    scanner = server.scanner().scanner_id
    group = expect_json(server.admin.post("/api/groups", GROUP), 201)["groupId"]
    scan = {"targets": ["10.0.0.1"], "ports": "1"}
    for path, body in [
        ("/api/groups", {**GROUP, "scannerIds": [scanner]}),
        ("/api/scanners", {**SCANNER, "groupIds": [group]}),
        ("/api/scans", {**scan, "scannerIds": [scanner]}),
        ("/api/scans", {**scan, "groupIds": [group]}),
    ]:
        answer = server.admin.post(f"{path}?site=branch", body)
        expect_problem(answer, 422, "VALIDATION_ERROR")
