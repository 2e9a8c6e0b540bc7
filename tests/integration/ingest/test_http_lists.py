"""Lists in pages: nothing twice, nothing missing, and no cursor but ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import Body, Server, expect_errors, expect_json

HOSTILE = ["-1", "x", "1.5", "9" * 19, "9" * 500, "0-0", "%2Binf", "(1", "%00", "1%0A", "%D9%A3"]


def walk(server: Server, path: str, limit: int, **query: Any) -> list[Body]:
    """All items, page by page."""
    items: list[Body] = []
    cursor = ""
    while True:
        page = expect_json(
            server.admin.get(path, query_string={"limit": limit, "cursor": cursor, **query})
        )
        assert set(page) == {"items", "nextCursor"}
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        cursor = page["nextCursor"]


@pytest.fixture
def filled(server: Server) -> Server:
    """Five scanners, five groups and five scans; of the first scan tasks and results."""
    for _ in range(5):
        expect_json(server.admin.post("/api/groups", {"name": "g"}), 201)
    scanners = [server.scanner(taskCapacity=5) for _ in range(5)]
    scans = [server.scan(scanners[0], hostsPerTask=8) for _ in range(5)]
    for job in scanners[0].jobs("?limit=5"):
        assert job["scanId"] == scans[0]["scanId"]
        scanners[0].tell(job, "start")
        for batch in (1, 2):
            first = job["targets"][0]["range"].partition("/")[0]
            found = [{"host": first, "port": port, "state": "open"} for port in (22, 80, 443)]
            body = {"attempt": 1, "batch": batch, "results": found}
            expect_json(scanners[0].tell(job, "results", body))
    return server


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("kind", "name"), [("scanners", "scannerId"), ("groups", "groupId"), ("scans", "scanId")]
)
def test_pages_make_up_the_list(filled: Server, kind: str, name: str, limit: int) -> None:
    """Every item once, the newest first, whatever the size of the pages."""
    ids = [item[name] for item in walk(filled, f"/api/{kind}", limit)]

    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 5


@pytest.mark.parametrize("limit", [1, 2, 5, 7])
def test_pages_of_a_scan_make_up_its_lists(filled: Server, limit: int) -> None:
    """Its tasks, newest first, and its results, oldest first."""
    scan = f"/api/scans/{walk(filled, '/api/scans', 10)[-1]['scanId']}"
    tasks = [task["jobId"] for task in walk(filled, f"{scan}/tasks", limit)]
    rows = walk(filled, f"{scan}/results", limit)

    assert tasks == sorted(set(tasks), reverse=True)
    assert len(tasks) == 5
    assert [row["jobId"] for row in rows] == [job for job in reversed(tasks) for _ in range(6)]
    assert [row["port"] for row in rows] == [22, 80, 443] * 10


def test_a_page_stays_right_while_more_comes(server: Server) -> None:
    """What is created meanwhile moves nothing on the pages that follow."""
    for name in "abcd":
        server.admin.post("/api/groups", {"name": name})
    first = expect_json(server.admin.get("/api/groups?limit=2"))
    server.admin.post("/api/groups", {"name": "e"})
    second = expect_json(server.admin.get(f"/api/groups?limit=2&cursor={first['nextCursor']}"))

    assert [one["name"] for one in first["items"] + second["items"]] == ["d", "c", "b", "a"]
    assert second["nextCursor"] is None


def test_scans_are_listed_by_status(filled: Server) -> None:
    """Only those that are in it now."""
    newest = walk(filled, "/api/scans", 10)[0]["scanId"]
    expect_json(filled.admin.post(f"/api/scans/{newest}/cancel"))
    found = {
        status: [scan["scanId"] for scan in walk(filled, "/api/scans", 2, status=status)]
        for status in ("pending", "running", "canceled", "failed")
    }

    assert [len(ids) for ids in found.values()] == [3, 1, 1, 0]
    assert found["canceled"] == [newest]


@pytest.mark.parametrize("kind", ["scanners", "groups", "scans", "alarms"])
@pytest.mark.parametrize("cursor", HOSTILE)
def test_a_cursor_that_is_none_of_ours_is_refused(server: Server, kind: str, cursor: str) -> None:
    """And never reaches the store."""
    assert list(expect_errors(server.admin.get(f"/api/{kind}?cursor={cursor}"))) == ["cursor"]


@pytest.mark.parametrize(
    "cursor", [*(c for c in HOSTILE if c != "0-0"), "0-0", "0-0.", "1-1.-1", "1-1.1.1", "+", "5"]
)
def test_a_cursor_of_results_has_its_own_form(filled: Server, cursor: str) -> None:
    """Anything else is refused, too."""
    scan = f"/api/scans/{walk(filled, '/api/scans', 10)[-1]['scanId']}"

    assert list(expect_errors(filled.admin.get(f"{scan}/results?cursor={cursor}"))) == ["cursor"]


@pytest.mark.parametrize("cursor", ["0", "1", "9" * 18, "000000000000000001"])
def test_a_made_up_cursor_finds_what_comes_after_it(filled: Server, cursor: str) -> None:
    """A number of ours that stands for nothing is only a place in the list."""
    items: list[Any] = expect_json(filled.admin.get(f"/api/groups?cursor={cursor}"))["items"]

    assert len(items) in {0, 5}


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "9" * 500])
@pytest.mark.parametrize("kind", ["scanners", "groups", "scans", "alarms", "scans/1/results"])
def test_a_page_has_bounds(server: Server, kind: str, limit: str) -> None:
    """1 to 1,000 items."""
    assert list(expect_errors(server.admin.get(f"/api/{kind}?limit={limit}"))) == ["limit"]
