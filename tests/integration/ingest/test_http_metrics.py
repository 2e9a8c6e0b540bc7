"""/metrics: what it says after real calls, and who may read it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from redis.client import Pipeline

from dispatch.operators import FAILURES_ALLOWED
from queues.keys import SITES, SiteKeys
from queues.readings import ReadingStore
from tests.integration.ingest.asking import (
    BOOTSTRAP_TOKEN,
    Asker,
    Server,
    Start,
    expect_json,
    expect_problem,
)

TOKEN = "a-metrics-token-of-tests"  # noqa: S105 - of these tests only
ELSEWHERE = "192.0.2.1"
Values = dict[tuple[str, ...], float]


@pytest.fixture
def fresh(client: redis.Redis, start: Start, store_url: str) -> Server:
    """A process that has counted nothing yet, with nothing in its store."""
    return Server(start(store_url, METRICS_TOKEN=TOKEN), client)


def prometheus(server: Server, address: str = "127.0.0.1") -> Asker:
    """Who scrapes, from this machine."""
    return Asker(server.flask, address=address)


def scrape(server: Server) -> list[Sample]:
    """Every sample, read as Prometheus reads it."""
    answer = prometheus(server).get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(answer.get_data(as_text=True)))
    assert all(family.documentation for family in families)
    return [sample for family in families for sample in family.samples]


def values(server: Server, name: str) -> Values:
    """The series of this name by the values of their labels."""
    found = [sample for sample in scrape(server) if sample.name == f"scandispatch_{name}"]
    return {tuple(v for _, v in sorted(each.labels.items())): each.value for each in found}


def value(server: Server, name: str) -> float:
    """The one series of this name."""
    return values(server, name)[()]


def test_calls_and_scripts_are_counted(fresh: Server) -> None:
    """A call by its route, method and status; a script by its name."""
    scanner = fresh.scanner()
    fresh.scan(scanner, hostsPerTask=1)
    for _ in range(3):
        scanner.begin()
    scanner.get("/scanner/jobs?limit=0")
    fresh.anybody.get("/scanner/jobs")
    fresh.anybody.get("/nowhere")

    calls, scripts = "http_requests_total", "script_duration_seconds_count"
    assert values(fresh, calls) == {
        ("GET", "/scanner/jobs", "200"): 3,
        ("GET", "/scanner/jobs", "401"): 1,
        ("GET", "/scanner/jobs", "422"): 1,
        ("POST", "/scanner/jobs/<int:job_id>/start", "200"): 3,
        ("POST", "/api/scans", "201"): 1,
        ("POST", "/api/scanners", "201"): 1,
        ("GET", "unknown", "404"): 1,
    }
    assert values(fresh, calls)["GET", "/metrics", "200"] == 1
    counted = values(fresh, scripts)
    assert (counted["claim",], counted["start",], counted["create_scan",]) == (3, 3, 1)
    assert values(fresh, "http_request_duration_seconds_count")["/scanner/jobs",] == 5


def test_what_is_out_and_what_waits(fresh: Server) -> None:
    """Scans by status, scans in queues, tasks that are out, scanners that were heard of."""
    first, second = fresh.scanner("one"), fresh.scanner("two")
    fresh.scanner("silent")
    for _ in range(3):
        fresh.scan(first, hostsPerTask=8)
    fresh.scan(first, second, hostsPerTask=8)
    expect_json(first.post("/scanner/heartbeat", {}))
    expect_json(second.post("/scanner/heartbeat", {}))
    for _ in range(2):
        first.begin()
    second.jobs()

    scans = values(fresh, "scans")
    assert (scans["running",], scans["pending",], scans["completed",]) == (1, 3, 0)
    assert values(fresh, "queue_scans") == {("waiting",): 3, ("ready",): 2}
    assert value(fresh, "leases") == 3
    assert value(fresh, "scanners_online") == 2
    assert value(fresh, "store_up") == 1


def test_sites_are_added_up(fresh: Server) -> None:
    """However many sites there are, there is one number, and no label names one."""
    for site in ("default", fresh.site("branch-a"), fresh.site("branch-b")):
        scanner = fresh.scanner(site=site)
        fresh.scan(scanner, site=site)
        scanner.begin()

    assert value(fresh, "leases") == 3
    assert values(fresh, "scans")["running",] == 3
    assert values(fresh, "queue_scans")["ready",] == 3
    assert "branch" not in prometheus(fresh).get("/metrics").get_data(as_text=True)


def test_expiries_are_the_stores_own_count(fresh: Server, start: Start, store_url: str) -> None:
    """They are of all sites, nothing at first, and outlive the process that shows them."""
    before = value(fresh, "expiries_total")
    fresh.store.hset(SiteKeys("default").root, "expired", 3)
    fresh.store.hset(SiteKeys(fresh.site("branch")).root, "expired", 4)

    assert before == 0
    assert value(fresh, "expiries_total") == 7
    assert value(replace(fresh, flask=start(store_url)), "expiries_total") == 7


def test_the_oldest_sweep_tells(fresh: Server) -> None:
    """The age is that of the site that was swept longest ago; without a sweep there is none."""
    before = values(fresh, "sweep_age_seconds")
    seconds = int(fresh.store.time()[0])  # type: ignore[index]  # a pair
    for site, age in (("default", 90), (fresh.site("branch"), 5), (fresh.site("new"), None)):
        if age is not None:
            fresh.store.hset(SiteKeys(site).root, "swept", 1000 * (seconds - age))

    assert before == {}
    assert 90 <= value(fresh, "sweep_age_seconds") < 95


def test_many_sites_and_queues_are_read_in_few_trips(
    fresh: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers of 120 sites and 600 queues come in seven round trips, not in thousands."""
    for each in (SiteKeys(f"site-{number}") for number in range(120)):
        fresh.store.hset(SITES, each.site, "{}")
        fresh.store.zadd(each.of("scanners"), {str(scanner): scanner for scanner in range(5)})
        for scanner in range(5):
            fresh.store.rpush(each.of("queue", f"s{scanner}", "waiting"), "1", "2")
    trips: list[str] = []
    for kind, name in ((redis.Redis, "execute_command"), (Pipeline, "execute")):
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), trips))

    waiting = ReadingStore(fresh.store).read().waiting

    assert waiting == 1200
    assert len(trips) == 7


def _noted(method: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    """The method, each of whose calls is noted."""

    @functools.wraps(method)
    def noted(*args: Any, **options: Any) -> Any:
        calls.append(method.__name__)
        return method(*args, **options)

    return noted


def test_hostile_calls_make_few_series(fresh: Server) -> None:
    """Ids, paths, methods, queries and sites of a client's choice become no labels."""
    scanner = fresh.scanner()
    expect_json(scanner.get("/scanner/jobs"))
    for number in range(60):
        scanner.post(f"/scanner/jobs/{number}/start")
        fresh.admin.get(f"/api/scans/{number}?site=nowhere-{number}")
        fresh.anybody.ask(f"M{number}", f"/scanner/jobs/{number}/start")
        fresh.anybody.get(f"/{number}/../metrics-{number}%0Aroute")
        fresh.anybody.get(f"/static/{number}.js")

    assert {
        ("POST", "/api/scanners", "201"),
        ("GET", "/scanner/jobs", "200"),
        ("POST", "/scanner/jobs/<int:job_id>/start", "404"),
        ("GET", "/api/scans/<int:scan_id>", "404"),
        ("other", "unknown", "405"),
        ("GET", "unknown", "404"),
        ("GET", "/static/<path:filename>", "404"),
    } == set(values(fresh, "http_requests_total"))


def test_a_store_that_is_away_is_told(client: redis.Redis, start: Start) -> None:
    """The process shows what it has counted, and that the store does not answer."""
    server = Server(start("redis://127.0.0.1:1/0"), client)
    expect_problem(server.admin.get("/api/scans"), 503, "STORE_UNAVAILABLE")

    names = {sample.name for sample in scrape(server)}
    assert value(server, "store_up") == 0
    assert values(server, "http_requests_total")["GET", "/api/scans", "503"] == 1
    assert "scandispatch_leases" not in names


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.1:4711", "[::1]:4711"]
)
@pytest.mark.parametrize("token", ["", TOKEN])
def test_this_machine_may_read(
    client: redis.Redis, start: Start, store_url: str, address: str, token: str
) -> None:
    """Loopback needs no token, whether one is set or not."""
    server = Server(start(store_url, METRICS_TOKEN=token), client)

    assert prometheus(server, address).get("/metrics").status_code == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.1", "2001:db8::1", "0.0.0.0", "", "::"])  # noqa: S104
def test_nobody_else_may_without_a_token(
    client: redis.Redis, start: Start, store_url: str, address: str
) -> None:
    """Where no METRICS_TOKEN is set, no token opens, an admin's least of all."""
    server = Server(start(store_url, METRICS_TOKEN=""), client)

    for headers in ({}, {"Authorization": f"Bearer {BOOTSTRAP_TOKEN}"}):
        asked = prometheus(server, address).get("/metrics", headers=headers)
        expect_problem(asked, 403, "FORBIDDEN")


def test_the_token_opens_from_anywhere(fresh: Server) -> None:
    """With METRICS_TOKEN set, whoever has it may read; it opens nothing else."""
    asker = Asker(fresh.flask, {"Authorization": f"Bearer {TOKEN}"}, address=ELSEWHERE)

    assert asker.get("/metrics").status_code == 200
    assert asker.ask("HEAD", "/metrics").status_code == 200
    expect_problem(asker.get("/api/scans"), 401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "MISSING_TOKEN"),
        ("Bearer", "MISSING_TOKEN"),
        ("Bearer ", "MISSING_TOKEN"),
        (f"Basic {TOKEN}", "MISSING_TOKEN"),
        (f"Bearer {TOKEN}x", "INVALID_TOKEN"),
        (f"Bearer {TOKEN[:-1]}", "INVALID_TOKEN"),
        (f"Bearer {BOOTSTRAP_TOKEN}", "INVALID_TOKEN"),
        ("Bearer \xe9\xff", "INVALID_TOKEN"),
        (f"Bearer token={TOKEN}", "MISSING_TOKEN"),
    ],
)
def test_any_other_token_is_refused(fresh: Server, header: str, code: str) -> None:
    """None, a wrong one, an operator's, and what is no bearer token."""
    asker = Asker(fresh.flask, {"Authorization": header} if header else {}, address=ELSEWHERE)
    answer = asker.get("/metrics")

    expect_problem(answer, 401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "::1, 127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-Ip": "127.0.0.1"},
        {"Host": "localhost"},
    ],
)
def test_forged_headers_change_nothing(fresh: Server, headers: dict[str, str]) -> None:
    """Who says to be on this machine is not; who is, stays so whatever is said."""
    away = Asker(fresh.flask, headers, address=ELSEWHERE)
    here = {"X-Forwarded-For": ELSEWHERE}

    expect_problem(away.get("/metrics"), 401, "MISSING_TOKEN")
    assert prometheus(fresh).get("/metrics", headers=here).status_code == 200


def test_a_proxy_on_this_machine_opens_nothing(
    client: redis.Redis, start: Start, store_url: str
) -> None:
    """Behind a trusted proxy it is the proxy's word that counts: who came through is elsewhere."""
    server = Server(start(store_url, METRICS_TOKEN=TOKEN, TRUSTED_PROXIES="1"), client)
    for said in (ELSEWHERE, f"127.0.0.1, {ELSEWHERE}"):
        answer = prometheus(server).get("/metrics", headers={"X-Forwarded-For": said})
        expect_problem(answer, 401, "MISSING_TOKEN")

    assert prometheus(server).get("/metrics").status_code == 200


def test_guessing_is_limited(fresh: Server) -> None:
    """Too many wrong tokens from one address are refused for a while; the right one is not."""
    wrong = Asker(fresh.flask, {"Authorization": "Bearer wrong"}, address=ELSEWHERE)
    right = replace(wrong, headers={"Authorization": f"Bearer {TOKEN}"})
    for _ in range(FAILURES_ALLOWED):
        wrong.get("/metrics")
    answer = wrong.get("/metrics")

    expect_problem(answer, 429, "TOO_MANY_ATTEMPTS")
    assert int(answer.headers["Retry-After"]) > 0
    assert right.get("/metrics").status_code == 200
