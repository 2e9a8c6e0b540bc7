"""GET /api/scans/:id/events: a page of the history, or a stream of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from queues.sources import FOLDER
from tests.integration.ingest.asking import Body, Server

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def scan(server: Server) -> Body:
    """A scan that was cancelled: three events."""
    scan = server.scan(server.scanner())
    server.admin.post(f"/api/scans/{scan['scanId']}/cancel")
    return scan


def url(scan: Body, query: str = "") -> str:
    return f"/api/scans/{scan['scanId']}/events{query}"


def items(server: Server, scan: Body, query: str = "") -> list[Body]:
    answer = server.admin.get(url(scan, query))
    assert answer.status_code == 200
    return list(answer.get_json()["items"])


def messages(text: str) -> list[dict[str, Any]]:
    """The messages of a stream, as a browser takes them apart."""
    parts = [block.split("\n") for block in text.removesuffix("\n\n").split("\n\n")]
    return [dict(line.split(": ", 1) for line in lines if line != ":") for lines in parts]


def test_a_page_has_the_oldest_first(server: Server, scan: Body) -> None:
    """With what happened, when, and why."""
    found = items(server, scan)

    assert [event["action"] for event in found] == [
        *("scan-created", "scan-canceling", "scan-canceled")
    ]
    assert set(found[0]) == {"eventId", "at", "action"}
    assert set(found[1]) == {"eventId", "at", "action", "reason"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found[0]["at"])


def test_pages_follow_one_another(server: Server, scan: Body) -> None:
    """Until there is no next one."""
    whole = items(server, scan)
    first = server.admin.get(url(scan, "?limit=2")).get_json()
    rest = server.admin.get(url(scan, f"?limit=2&cursor={first['nextCursor']}")).get_json()

    assert first["items"] + rest["items"] == whole
    assert rest["nextCursor"] is None


def test_events_about_a_task_name_it(server: Server, scan: Body) -> None:
    """As the rest of the operator API does."""
    fields = {"at": "5", "action": "task-expired", "task": 3, "scanner": 2, "attempt": 1}
    server.store.xadd(f"sd:{{default}}:scan:{scan['scanId']}:events", fields)  # type: ignore[arg-type]

    assert items(server, scan)[-1].items() >= {"jobId": 3, "scannerId": 2, "attempt": 1}.items()


def test_every_field_of_every_event_has_a_name_on_the_wire() -> None:
    """What the scripts record is what the schema shows."""
    scripts = "".join(path.read_text() for path in FOLDER.rglob("*.lua"))
    calls = re.findall(r"\brecord\((.+?)\)\n", scripts)
    recorded = {word for call in calls for word in re.findall(r"'(\w+)'(?=,)", call)}

    assert recorded <= {"reason", "task", "scanner", "attempt"}
    assert {"reason", "task"} <= recorded


def test_a_stream_is_the_history_and_the_counters(server: Server, scan: Body) -> None:
    """Counters have no id, so a client goes on after an event."""
    answer = server.admin.get(url(scan), headers=STREAM)
    counters, *events = messages(answer.get_data(as_text=True))

    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert (counters.get("id"), counters["event"]) == (None, "progress")
    assert json.loads(counters["data"]).keys() == {
        *("status", "hosts", "tasks", "progress", "resultCount", "etaSeconds")
    }
    assert [json.loads(each["data"]) for each in events] == items(server, scan)
    assert all(each["id"] == json.loads(each["data"])["eventId"] for each in events)
    assert [each["event"] for each in events] == [e["action"] for e in items(server, scan)]


@pytest.mark.parametrize("by", ["header", "cursor"])
def test_a_stream_goes_on_where_it_broke_off(server: Server, scan: Body, by: str) -> None:
    """By the header that browsers send, which wins, or by ?cursor=."""
    first, second, third = (event["eventId"] for event in items(server, scan))
    headers = {**STREAM, "Last-Event-ID": second} if by == "header" else STREAM
    query = f"?cursor={first if by == 'header' else second}"
    sent = messages(server.admin.get(url(scan, query), headers=headers).get_data(as_text=True))

    assert [each["id"] for each in sent if "id" in each] == [third]


def test_whoever_has_had_the_final_event_is_told_to_stop(server: Server, scan: Body) -> None:
    """204 is what keeps a browser from connecting again and again."""
    last = items(server, scan)[-1]["eventId"]
    answer = server.admin.get(url(scan), headers={**STREAM, "Last-Event-ID": last})

    assert (answer.status_code, answer.get_data()) == (204, b"")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1", ""])
def test_others_get_a_page(server: Server, scan: Body, accept: str) -> None:
    """A stream is for those who ask for one."""
    assert server.admin.get(url(scan), headers={"Accept": accept}).mimetype == "application/json"


@pytest.mark.parametrize(
    "word", ["1", "1-", "a-b", "-", "1-1.0", "1" * 19 + "-1", "1-1\u00e9", "$"]
)
def test_an_id_that_is_none_is_refused(server: Server, scan: Body, word: str) -> None:
    """As a header and as a cursor, of a stream and of a page."""
    asked = [
        server.admin.get(url(scan), headers={**STREAM, "Last-Event-ID": word}),
        server.admin.get(url(scan), headers={"Last-Event-ID": word}),
        server.admin.get(url(scan), query_string={"cursor": word}),
        server.admin.get(url(scan), query_string={"cursor": word}, headers=STREAM),
    ]

    assert [answer.status_code for answer in asked] == [422] * 4
    assert set(asked[0].get_json()["errors"]) == {"Last-Event-ID"}
    assert set(asked[2].get_json()["errors"]) == {"cursor"}


def test_an_unknown_scan_is_a_problem_for_streams_too(server: Server) -> None:
    """Said with a status, not within the stream."""
    for headers in ({}, STREAM):
        answer = server.admin.get("/api/scans/1/events", headers=headers)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
