"""/openapi.json says what the server does; /docs shows it without anything from elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.integration.ingest.asking import Body, Server, expect_json

ROUTES = {
    "/scanner/jobs": {"get"},
    "/scanner/jobs/{job_id}/start": {"post"},
    "/scanner/jobs/{job_id}/progress": {"post"},
    "/scanner/jobs/{job_id}/results": {"post"},
    "/scanner/jobs/{job_id}/complete": {"post"},
    "/scanner/jobs/{job_id}/release": {"post"},
    "/scanner/heartbeat": {"post"},
    "/api/scanners": {"get", "post"},
    "/api/scanners/{scanner_id}": {"get", "patch"},
    "/api/groups": {"get", "post"},
    "/api/groups/{group_id}": {"get", "patch"},
    "/api/scans": {"get", "post"},
    "/api/scans/{scan_id}": {"get"},
    "/api/scans/{scan_id}/cancel": {"post"},
    "/api/scans/{scan_id}/tasks": {"get"},
    "/api/scans/{scan_id}/results": {"get"},
    "/api/scans/{scan_id}/coverage": {"get"},
    "/api/alarms": {"get"},
}


@pytest.fixture
def document(server: Server) -> Body:
    """The OpenAPI document, as anybody gets it."""
    return expect_json(server.anybody.get("/openapi.json"))


def operations(document: Body) -> list[tuple[str, Body]]:
    return [
        (path, operation)
        for path, item in document["paths"].items()
        for name, operation in item.items()
        if name in {"get", "post", "patch"}
    ]


def test_the_document_is_valid(document: Body) -> None:
    """By the specification of OpenAPI 3.1."""
    validate(document)

    assert document["openapi"].startswith("3.1")


def test_every_route_is_in_it(document: Body) -> None:
    """Those of this document and no fewer; later issues add some."""
    found = {path: set(item) & {"get", "post", "patch"} for path, item in document["paths"].items()}

    assert {path: found.get(path) for path in ROUTES} == ROUTES


def test_every_operation_has_a_name_of_its_own(document: Body) -> None:
    """For who makes a client from it, with a summary and the tag of its resource."""
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+_[a-z_]+", name) for name in names)
    assert all(operation["summary"] for _, operation in operations(document))
    tags = {tag["name"] for tag in document["tags"]}
    assert all(set(operation["tags"]) <= tags for _, operation in operations(document))


def test_every_operation_names_its_credential(document: Body) -> None:
    """A scanner's key, or an operator's token."""
    for path, operation in operations(document):
        scheme = "scannerKey" if path.startswith("/scanner") else "operatorToken"
        assert operation["security"] == [{scheme: []}]
        assert scheme in document["components"]["securitySchemes"]


def test_errors_are_problem_documents(document: Body) -> None:
    """With their own media type, by reference."""
    responses = document["components"]["responses"]
    schema = {"$ref": "#/components/schemas/Problem"}

    for name in ("DEFAULT_ERROR", "UNPROCESSABLE_ENTITY"):
        assert responses[name]["content"] == {"application/problem+json": {"schema": schema}}
    for _, operation in operations(document):
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}


def test_every_operator_call_takes_a_site(document: Body) -> None:
    """As a parameter of its query."""
    for path, operation in operations(document):
        named = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert ("site" in named) is path.startswith("/api")


def test_a_body_is_required_where_a_field_is(document: Body) -> None:
    """No body counts as an empty object, which some calls are content with."""
    paths = document["paths"]

    assert paths["/api/scans"]["post"]["requestBody"]["required"] is True
    assert paths["/scanner/heartbeat"]["post"]["requestBody"]["required"] is False
    assert "requestBody" not in paths["/api/scans/{scan_id}/cancel"]["post"]


def test_times_are_times(document: Body) -> None:
    """In every resource that has some."""
    for name, schema in document["components"]["schemas"].items():
        for field, says in schema.get("properties", {}).items():
            if re.search(r"(At|Since)$", field) and name not in {"Result", "ResultRow"}:
                assert (says["format"], "string" in says["type"]) == ("date-time", True)


PLAIN = {"Ok", "Problem", "Result", "Results", "Accepted"}  # their names say it


def test_every_field_of_the_scanner_protocol_says_what_it_means(document: Body) -> None:
    """Those that a scanner sends, and those that it is told."""
    schemas = document["components"]["schemas"]
    seen: dict[str, Body] = {}

    def see(part: Any) -> None:
        for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(part)):
            if name not in seen:
                seen[name] = schemas[name]
                see(schemas[name])

    paths = [item for path, item in document["paths"].items() if path.startswith("/scanner/")]
    see(paths)
    silent = {
        f"{name}.{field}"
        for name in seen.keys() - PLAIN
        for field, says in seen[name]["properties"].items()
        if field != "ok" and "description" not in says
    }
    silent |= {each["name"] for each in paths[0]["get"]["parameters"] if "description" not in each}

    assert {"Job", "Sync", "SyncAnswer", "ReportedJob", "Control"} <= seen.keys()
    assert silent == set()


def test_control_words_are_listed(document: Body) -> None:
    """Those of a call about one job, and those of one about several."""
    schemas = document["components"]["schemas"]

    assert schemas["Controlled"]["properties"]["control"]["enum"] == ["continue", "pause", "cancel"]
    assert schemas["Control"]["properties"]["control"]["enum"] == ["pause", "cancel", "lease_lost"]


def schema_of(document: Body, path: str, method: str, status: int) -> Body:
    content = document["paths"][path][method]["responses"][str(status)]["content"]
    return {**content["application/json"]["schema"], "components": document["components"]}


def test_answers_are_what_the_document_says(server: Server, document: Body) -> None:
    """A scan's whole life: every answer fits its schema, and has no field that is not in it."""
    scanner, admin = server.scanner(), server.admin
    seen: list[tuple[str, str, int, Any]] = []

    def note(path: str, method: str, answer: Any, status: int = 200) -> Any:
        seen.append((path, method, status, expect_json(answer, status)))
        return seen[-1][3]

    group = {"name": "g", "scannerIds": [scanner.scanner_id]}
    note("/api/groups", "post", admin.post("/api/groups", group), 201)
    note("/api/scanners", "post", admin.post("/api/scanners", {"name": "t"}), 201)
    wanted = {"targets": ["10.0.0.1"], "ports": "1", "scannerIds": [scanner.scanner_id]}
    scan = note("/api/scans", "post", admin.post("/api/scans", wanted), 201)
    note("/scanner/heartbeat", "post", scanner.post("/scanner/heartbeat"))
    [job] = note("/scanner/jobs", "get", scanner.get("/scanner/jobs"))["jobs"]
    found = {"host": "10.0.0.1", "state": "up", "observedAt": "2026-01-31T12:00:00Z"}
    for step, body in [
        ("start", {}),
        ("progress", {}),
        ("results", {"attempt": 1, "batch": 1, "results": [found]}),
        ("complete", {"status": "completed"}),
    ]:
        note(f"/scanner/jobs/{{job_id}}/{step}", "post", scanner.tell(job, step, body))
    for path in ("/api/scanners", "/api/groups", "/api/scans", "/api/alarms"):
        note(path, "get", admin.get(path))
    for rest in ("", "/tasks", "/results", "/coverage"):
        note(
            f"/api/scans/{{scan_id}}{rest}", "get", admin.get(f"/api/scans/{scan['scanId']}{rest}")
        )

    for path, method, status, answer in seen:
        validator = Draft202012Validator(schema_of(document, path, method, status))
        assert [error.message for error in validator.iter_errors(answer)] == [], path


def test_a_browser_is_led_to_the_page(server: Server) -> None:
    """At / a browser finds the documentation, and a program what it finds anywhere: nothing."""
    browser = server.anybody.get("/", headers={"Accept": "text/html,application/xml;q=0.9,*/*"})
    programs = [
        server.anybody.get("/", headers=headers)
        for headers in ({}, {"Accept": "application/json"}, {"Accept": "*/*"})
    ]

    assert (browser.status_code, browser.headers["Location"]) == (302, "/docs/")
    assert [each.status_code for each in programs] == [404, 404, 404]
    assert {each.content_type for each in programs} == {"application/problem+json"}


def test_the_page_needs_no_other_server(server: Server) -> None:
    """Its script, its style and the document come from here, and it asks nobody else."""
    page = server.anybody.get("/docs")
    html = page.get_data(as_text=True)

    assert page.status_code == 200
    assert "http://" not in html
    assert "https://" not in html
    assert '"validatorUrl": null' in html
    for link in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert server.anybody.get(link).status_code == 200, link
    assert '"url": "/openapi.json"' in html
