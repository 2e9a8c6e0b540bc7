"""Hot calls: read by checkers, and by the schemas where a request is unusual; answered alike."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from marshmallow import Schema

from scanner import findings, schemas, syncing
from tests.integration.ingest.asking import (
    Body,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)
from web.schemas import Ok

JSON = "application/json"
FOUND = {"host": "10.0.0.1", "state": "up", "observedAt": "2026-01-31T12:00:00Z"}


def names_of(schema: type[Schema]) -> set[str]:
    return {str(field.data_key) for field in schema().fields.values()}


def test_answers_have_the_fields_that_are_declared(server: Server) -> None:
    """All of them, and none else: nothing of marshmallow's is in between that would see to it."""
    scanner = server.scanner(taskCapacity=2)
    scan = server.scan(scanner, hostsPerTask=64)
    claimed = expect_json(scanner.get("/scanner/jobs?limit=2"))
    first, second = claimed["jobs"]
    batch = {"attempt": 1, "batch": 1, "results": [FOUND]}
    answers: list[tuple[type[Schema], Body]] = [
        (schemas.Jobs, claimed),
        (schemas.Leased, expect_json(scanner.tell(first, "start"))),
        (schemas.Controlled, expect_json(scanner.tell(first, "progress"))),
        (findings.Accepted, expect_json(scanner.tell(first, "results", batch))),
        (Ok, expect_json(scanner.tell(first, "complete", {"status": "completed"}))),
        (Ok, expect_json(scanner.tell(second, "release"))),
        (schemas.HeartbeatAnswer, expect_json(scanner.post("/scanner/heartbeat"))),
        (syncing.SyncAnswer, expect_json(scanner.post("/scanner/sync", {"want": 1}))),
    ]
    for schema, answer in answers:
        assert set(answer) == names_of(schema)
    of_names = {"exclusions", "scopes"}
    assert set(first) == names_of(schemas.Job) - of_names
    assert set(first["targets"][0]) == names_of(schemas.Target)
    lost = {"jobId": first["jobId"]}
    [told] = expect_json(scanner.post("/scanner/heartbeat", {"jobs": [lost]}))["control"]
    assert set(told) == names_of(schemas.Control)
    said = {"jobs": [{**lost, "attempt": 1, "state": "running"}]}
    [error] = expect_json(scanner.post("/scanner/sync", said))["errors"]
    assert set(error) == names_of(syncing.Refusal)
    assert scan["status"] == "pending"


def test_names_come_with_what_is_not_to_be_probed(server: Server) -> None:
    """Then a job has every field that is declared."""
    scanner = server.scanner()
    server.scan(scanner, targets=["a.example.org"], exclude=["10.0.0.0/8"])
    [job] = scanner.jobs()

    assert set(job) == names_of(schemas.Job)
    assert (job["exclusions"], job["scopes"]) == (["10.0.0.0/8"], [])


def unusual(data: bytes) -> list[dict[str, Any]]:
    """Ways to send a body that no checker is shown."""
    return [
        {"data": data, "content_type": "application/json; charset=utf-8"},
        {"data": data, "content_type": "Application/JSON"},
        {
            "input_stream": io.BytesIO(data),
            "content_type": JSON,
            "environ": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        },
    ]


@pytest.mark.parametrize("way", range(3))
def test_an_unusual_request_is_answered_likewise(server: Server, way: int) -> None:
    """As the usual one would be, whether it is taken or refused."""
    scanner = server.scanner()
    server.scan(scanner)
    url = f"/scanner/jobs/{scanner.begin()['jobId']}/progress"
    good, bad = {"progressCount": 3}, {"progressCount": -1, "bogus": 1}

    assert expect_json(scanner.post(url, **unusual(json.dumps(good).encode())[way])) == expect_json(
        scanner.post(url, good)
    )
    assert expect_errors(
        scanner.post(url, **unusual(json.dumps(bad).encode())[way])
    ) == expect_errors(scanner.post(url, bad))


@pytest.mark.parametrize("length", ["2", "007", " 7", "+7", "9" * 5000, "x"])
def test_a_body_shorter_than_announced_is_none(server: Server, length: str) -> None:
    """Nor is one whose length is no number."""
    answer = server.scanner().post(
        "/scanner/heartbeat",
        input_stream=io.BytesIO(b"{"),
        content_type=JSON,
        environ={"CONTENT_LENGTH": length},
    )

    assert answer.status_code in {400, 413}, answer.get_data()


@pytest.mark.parametrize(
    ("query", "fields_of_it"),
    [("?limit=0", {"limit"}), ("?limit=1&bogus=1", {"bogus"}), ("?wait=x&limit=", None)],
)
def test_a_query_is_read_the_same_every_time(
    server: Server, query: str, fields_of_it: set[str] | None
) -> None:
    """What it was read as is kept, and no refusal is."""
    scanner = server.scanner()
    refusals = [expect_errors(scanner.get(f"/scanner/jobs{query}")) for _ in range(2)]
    good = [scanner.get("/scanner/jobs?limit=2").status_code for _ in range(2)]

    assert refusals[0] == refusals[1]
    assert set(refusals[0]) == (fields_of_it or {"wait", "limit"})
    assert good == [200, 200]


@pytest.mark.parametrize("step", ["start", "progress", "complete", "release"])
def test_a_query_that_nobody_knows_is_refused(server: Server, step: str) -> None:
    """On calls that have none, before anything is done."""
    scanner = server.scanner()
    server.scan(scanner)
    [job] = scanner.jobs()
    answer = scanner.post(f"/scanner/jobs/{job['jobId']}/{step}?bogus=1", {})

    assert set(expect_errors(answer)) == {"bogus"}


def test_a_stranger_s_body_is_not_read(server: Server) -> None:
    """Authentication comes first, whatever the body."""
    answer = server.anybody.post("/scanner/heartbeat", data=b"{", content_type=JSON)

    expect_problem(answer, 401, "MISSING_API_KEY")


def test_one_scanner_does_not_see_what_another_was_told(server: Server) -> None:
    """Nothing that is remembered of a scan is of one job only."""
    first, second = server.scanner(), server.scanner()
    server.scan(first, second, hostsPerTask=16)
    [one], [other] = first.jobs(), second.jobs()

    assert one["jobId"] != other["jobId"]
    assert one["targets"] != other["targets"]
