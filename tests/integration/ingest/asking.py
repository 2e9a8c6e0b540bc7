"""How tests ask the server: as an operator, as a scanner, as anybody."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
from flask import Flask
from werkzeug.test import TestResponse

from dispatch.credentials import digest
from queues.sites import SiteStore
from queues.tokens import TokenStore

BOOTSTRAP_TOKEN = "a-bootstrap-token-of-tests"  # noqa: S105 - of these tests only
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "retryable"}

Body = dict[str, Any]
Start = Callable[..., Flask]


@dataclass
class Asker:
    """Somebody with these headers, at this address."""

    flask: Flask
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "192.0.2.1"

    def ask(
        self, method: str, path: str, body: Any = None, *, headers: Any = None, **options: Any
    ) -> TestResponse:
        """One request; body is sent as JSON."""
        if body is not None:
            options["json"] = body
        environ = {"REMOTE_ADDR": self.address, **options.pop("environ", {})}
        both = {**self.headers, **(headers or {})}
        return self.flask.test_client().open(
            path, method=method, headers=both, environ_base=environ, buffered=True, **options
        )

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("PATCH", path, body, **options)


@dataclass
class Scanner(Asker):
    """A scanner, by its key."""

    scanner_id: int = 0

    @property
    def key(self) -> str:
        return self.headers["X-API-Key"]

    def jobs(self, query: str = "", **options: Any) -> list[Body]:
        """What a claim brings."""
        return list(expect_json(self.get(f"/scanner/jobs{query}", **options))["jobs"])

    def tell(self, job: Body, step: str, body: Any = None, **options: Any) -> TestResponse:
        """A call about a job: start, progress, results, complete or release."""
        return self.post(f"/scanner/jobs/{job['jobId']}/{step}", body, **options)

    def begin(self, query: str = "") -> Body:
        """Claim a job and start it."""
        [job] = self.jobs(query)
        expect_json(self.tell(job, "start"))
        return job


@dataclass
class Server:
    """The server, and its store for what no call can bring about."""

    flask: Flask
    store: redis.Redis

    @property
    def anybody(self) -> Asker:
        return Asker(self.flask)

    @property
    def admin(self) -> Asker:
        return self.operator(BOOTSTRAP_TOKEN)

    def operator(self, token: str) -> Asker:
        return Asker(self.flask, {"Authorization": f"Bearer {token}"})

    def token(self, role: str, site: str | None = None) -> Asker:
        """An operator with a token of this role."""
        token = secrets.token_urlsafe(32)
        record = {"name": role, "role": role, "site": site, "tokenId": secrets.token_hex(6)}
        TokenStore(self.store).add(digest(token), record)
        return self.operator(token)

    def site(self, name: str, **settings: int) -> str:
        """A site beside the default one, with settings of its own."""
        SiteStore(self.store).add(name, {"settings": settings})
        return name

    def scanner(self, name: str = "s", site: str = "default", **fields: Any) -> Scanner:
        """A scanner that may call; fields as on the wire."""
        answer = self.admin.post(f"/api/scanners?site={site}", {"name": name, **fields})
        view = expect_json(answer, 201)
        return Scanner(self.flask, {"X-API-Key": view["apiKey"]}, scanner_id=int(view["scannerId"]))

    def scan(self, *scanners: Scanner, site: str = "default", **fields: Any) -> Body:
        """A scan of 256 addresses for these scanners, unless fields say otherwise."""
        wanted = {"targets": ["10.0.0.0/24"], "ports": "22,80", **fields}
        wanted["scannerIds"] = [scanner.scanner_id for scanner in scanners]
        return expect_json(self.admin.post(f"/api/scans?site={site}", wanted), 201)

    def seen(self, scan: Body) -> Body:
        """The scan as it is now."""
        return expect_json(self.admin.get(f"/api/scans/{scan['scanId']}"))

    def results(self, scan: Body) -> list[Body]:
        """The scan's results as they came."""
        found = expect_json(self.admin.get(f"/api/scans/{scan['scanId']}/results"))
        return list(found["items"])


def expect_json(response: TestResponse, status: int = 200) -> Body:
    """The body of an answer that must have this status."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == "application/json"
    return dict(response.get_json())


def expect_problem(response: TestResponse, status: int, code: str) -> Body:
    """The problem document of an answer that must have this status and code."""
    document = response.get_json(force=True)
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response.mimetype == "application/problem+json"
    assert set(document) - {"errors"} == PROBLEM_FIELDS
    assert document["status"] == status
    assert document["detail"]
    return dict(document)


def expect_errors(response: TestResponse) -> dict[str, list[str]]:
    """Field path -> sentences of a request that must be refused for its fields."""
    return dict(expect_problem(response, 422, "VALIDATION_ERROR")["errors"])
