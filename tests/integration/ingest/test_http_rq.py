"""/rq: RQ's dashboard, for admins, and for no page of anybody else's."""

from __future__ import annotations

import base64
import re

import pytest
import redis
from rq import Queue

from tests.integration.ingest.asking import (
    BOOTSTRAP_TOKEN,
    Asker,
    Server,
    expect_json,
    expect_problem,
)


def basic(server: Server, password: str) -> Asker:
    """A browser that was told this password."""
    pair = base64.b64encode(f"anybody:{password}".encode()).decode()
    return Asker(server.flask, {"Authorization": f"Basic {pair}"})


@pytest.fixture
def browser(server: Server) -> Asker:
    """An admin's browser."""
    return basic(server, BOOTSTRAP_TOKEN)


@pytest.fixture
def failed(server: Server, store_url: str) -> str:
    """The id of a job that failed."""
    assert server.store.dbsize() == 0
    store = redis.Redis.from_url(store_url)
    job = Queue("maintenance", connection=store).enqueue("workers.jobs.nothing", job_id="lost-1")
    store.lrem("rq:queue:maintenance", 0, job.id)
    job.set_status("failed")
    Queue("maintenance", connection=store).failed_job_registry.add(job, ttl=-1)
    store.close()
    return str(job.id)


def waiting(server: Server) -> int:
    """How many jobs wait in the queue."""
    return int(server.store.llen("rq:queue:maintenance"))  # type: ignore[arg-type]  # not async


def test_an_admin_sees_the_dashboard(server: Server, browser: Asker, failed: str) -> None:
    """With a program's bearer token, or a browser's password; with all that the page needs."""
    for asker in (browser, server.admin, server.token("admin")):
        for path in ("/rq/", "/rq", f"/rq/0/view/job/{failed}", "/rq/0/view/workers"):
            assert asker.get(path).status_code in {200, 308}, path
    html = browser.get("/rq/").get_data(as_text=True)

    for link in re.findall(r'(?:src|href)="(/[^"]+(?:ico|css|js))"', html):
        assert browser.get(link).status_code == 200, link
    names = [
        queue["name"] for queue in expect_json(browser.get("/rq/0/data/queues.json"))["queues"]
    ]
    assert names == ["maintenance"]


def test_the_icon_is_one(server: Server) -> None:
    """Our own, for anybody."""
    icon = server.anybody.get("/static/favicon.ico")

    assert icon.status_code == 200
    assert icon.get_data().startswith(b"\x00\x00\x01\x00\x01\x00")


@pytest.mark.parametrize("path", ["/rq/", "/rq/0/data/queues.json", "/rq/static/css/main.css"])
def test_strangers_are_asked_who_they_are(server: Server, path: str) -> None:
    """401, so that a browser asks for a password; and 401 again where it is wrong."""
    for asker in (server.anybody, server.operator("x" * 24), basic(server, "x" * 24)):
        answer = asker.get(path)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_header_that_is_none_lets_nobody_in(server: Server) -> None:
    """Whatever its form."""
    for header in ("Basic", "Basic !!!", "Basic YQ==", "Digest a", "Bearer", "x"):
        answer = Asker(server.flask, {"Authorization": header}).get("/rq/")
        assert answer.status_code == 401, header


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_it_is_for_admins(server: Server, role: str) -> None:
    """Nobody else."""
    expect_problem(server.token(role).get("/rq/"), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/rq/job/lost-1/requeue"),
        ("POST", "/rq/job/lost-1/delete"),
        ("POST", "/rq/requeue/maintenance"),
        ("GET", "/rq/requeue/maintenance"),
        ("HEAD", "/rq/requeue/maintenance"),
        ("POST", "/rq/queue/maintenance/failed/empty"),
        ("POST", "/rq/queue/maintenance/compact"),
    ],
)
@pytest.mark.parametrize(
    "source",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Referer": "https://evil.example/rq/?http://localhost/"},
    ],
)
def test_no_other_page_changes_anything(
    server: Server, browser: Asker, failed: str, *, method: str, path: str, source: dict[str, str]
) -> None:
    """Not even by a GET: a browser adds its password to whatever a page makes it send."""
    answer = browser.ask(method, path, headers=source)

    assert answer.status_code == 403
    assert waiting(server) == 0
    assert server.store.exists(f"rq:job:{failed}") == 1


def test_its_own_page_requeues(server: Server, browser: Asker, failed: str) -> None:
    """The dashboard works, in a browser."""
    own = {"Origin": "http://localhost", "Referer": "http://localhost/rq/0/view/jobs"}

    assert expect_json(browser.post(f"/rq/job/{failed}/requeue", headers=own))["status"] == "OK"
    assert waiting(server) == 1


def test_a_program_requeues(server: Server, failed: str) -> None:
    """A bearer token is added by no browser, so it needs no origin."""
    assert expect_json(server.admin.post(f"/rq/job/{failed}/requeue"))["status"] == "OK"
    assert waiting(server) == 1
    expect_problem(server.admin.post(f"/rq/job/{failed}/requeue"), 409, "CONFLICT")


def test_no_other_page_frames_it(browser: Asker) -> None:
    """Else its buttons could be pressed unawares."""
    assert browser.get("/rq/").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    [
        "/rq/0/view/job/nobody",
        "/rq/0/data/job/nobody.json",
        "/rq/0/data/job/a:b.json",
        "/rq/0/data/job/%00.json",
        "/rq/1/",
        "/rq/1/data/queues.json",
        "/rq/0/data/jobs/maintenance/failed/x/asc/1.json",
        "/rq/0/data/jobs/maintenance/failed/0/asc/1.json",
        "/rq/0/data/jobs/maintenance/failed/-8/asc/1.json",
        "/rq/0/data/jobs/maintenance/failed/8/asc/x.json",
        "/rq/0/data/jobs/maintenance/queued/8/asc/" + "9" * 40 + ".json",
        "/rq/0/data/jobs/maintenance/lost/8/asc/1.json",
        "/rq/0/view/jobs/maintenance/lost/8/asc/1",
    ],
)
def test_what_is_not_there_is_not_found(browser: Asker, path: str) -> None:
    """And no path makes it fail."""
    expect_problem(browser.get(path), 404, "NOT_FOUND")


def test_an_unknown_queue_is_empty(browser: Asker) -> None:
    """As RQ has it."""
    found = expect_json(browser.get("/rq/0/data/jobs/n%C3%B6/queued/8/asc/1.json"))

    assert found["jobs"] == []
