"""GET /api/scans/:id/results?format=…: a file of the whole, or a problem document; never a part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis

from dispatch.wiring import EXPORTS_AT_ONCE
from queues.results import ResultStore
from tests.integration.ingest.asking import Body, Scanner, Server

SERVICES = [
    {"host": "10.0.0.7", "port": 80, "protocol": "tcp", "state": "open", "banner": "=1+1"},
    {"host": "10.0.0.7", "port": 22, "protocol": "tcp", "state": "filtered"},
    {"host": "10.0.0.7", "port": 22, "protocol": "tcp", "state": "open", "service": "ssh"},
]


@pytest.fixture
def scan(server: Server) -> Body:
    """A scan with two ports, one of them found twice."""
    scanner: Scanner = server.scanner()
    scan = server.scan(scanner)
    job = scanner.begin()
    answer = scanner.tell(job, "results", {"attempt": 1, "batch": 1, "results": SERVICES})
    assert answer.status_code == 200
    return scan


def url(scan: Body, form: str) -> str:
    return f"/api/scans/{scan['scanId']}/results?format={form}"


@pytest.mark.parametrize(
    ("form", "content_type", "extension"),
    [
        ("jsonl", "application/jsonl", "jsonl"),
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("nmap-xml", "application/xml", "xml"),
    ],
)
def test_an_export_is_a_file(
    server: Server, scan: Body, form: str, content_type: str, extension: str
) -> None:
    """With a type, a name to save it under, and each port once."""
    answer = server.admin.get(url(scan, form))

    assert answer.status_code == 200
    assert answer.content_type == content_type
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=scan-{scan['scanId']}.{extension}"
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_data(as_text=True).count("ssh") == 1
    assert "filtered" not in answer.get_data(as_text=True)


def test_json_lines_are_the_rows_of_the_list(server: Server, scan: Body) -> None:
    """The newest of each, in order of port."""
    lines = server.admin.get(url(scan, "jsonl")).get_data().splitlines()
    listed = server.admin.get(f"/api/scans/{scan['scanId']}/results").get_json()["items"]

    assert [json.loads(line) for line in lines] == [listed[2], listed[0]]


def test_a_viewer_may_export(server: Server, scan: Body) -> None:
    """To read is enough; without a token it is not."""
    assert server.token("viewer").get(url(scan, "csv")).status_code == 200
    assert server.anybody.get(url(scan, "csv")).status_code == 401


@pytest.mark.parametrize(("number", "form", "status"), [(1, "csv", 404), (None, "pdf", 422)])
def test_what_cannot_be_exported(
    server: Server, scan: Body, number: int | None, form: str, status: int
) -> None:
    """No such scan, no such format."""
    answer = server.admin.get(url({"scanId": number or scan["scanId"]}, form))

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_store_that_goes_away_is_no_short_file(
    server: Server, scan: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows are read before the first byte is sent, so there is a status to say it with."""

    def cut_off(*_: Any) -> Iterator[tuple[str, Any]]:
        yield "1-0.0", SERVICES[0]
        raise redis.ConnectionError

    monkeypatch.setattr(ResultStore, "rows", cut_off)
    answer = server.admin.get(url(scan, "nmap-xml"))

    assert (answer.status_code, answer.get_json()["code"]) == (503, "STORE_UNAVAILABLE")


def test_no_more_than_some_at_once(server: Server, scan: Body) -> None:
    """Whoever comes too many is told when to ask again; a file that is sent makes room."""
    places = server.flask.extensions["dispatch"].exports.places
    with ExitStack() as others:
        for _ in range(EXPORTS_AT_ONCE):
            others.enter_context(places.one())
        refused = server.admin.get(url(scan, "csv"))

    assert (refused.status_code, refused.get_json()["code"]) == (503, "BUSY")
    assert refused.headers["Retry-After"] == "10"
    assert server.admin.get(url(scan, "csv")).status_code == 200
