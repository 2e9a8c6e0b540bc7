"""What a process counts for /metrics: true, and of few kinds whatever clients send."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask, abort
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from metrics.calls import TimedCalls
from metrics.meters import METHODS, Meters
from metrics.store import StoreCollector
from queues.readings import Readings

CALLS = "scandispatch_http_requests_total"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "metrics.md"
SECONDS = "scandispatch_http_request_duration_seconds_count"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def meters(registry: CollectorRegistry) -> Meters:
    return Meters(registry)


@pytest.fixture
def app(meters: Meters) -> Flask:
    """An app with one route, whose calls are counted."""
    app = Flask("counted")
    app.add_url_rule("/jobs/<int:job_id>", view_func=lambda job_id: {"job": job_id})
    app.wsgi_app = TimedCalls(app.wsgi_app, meters.called)  # type: ignore[method-assign]
    return app


class Store:
    """A store that has been swept, or is away."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.is_away = is_away

    def read(self) -> Readings:
        if self.is_away:
            raise redis.ConnectionError("refused")
        return Readings(leases=3, swept_ms=5000)

    def now_ms(self) -> int:
        return 7500


def labels(registry: CollectorRegistry, sample: str) -> set[tuple[str, ...]]:
    """The labels' values of all series of this name."""
    found = [each for family in registry.collect() for each in family.samples]
    return {tuple(each.labels.values()) for each in found if each.name == sample}


def families(*, is_away: bool = False) -> Iterator[Metric]:
    """Everything that /metrics has."""
    registry = CollectorRegistry()
    meters = Meters(registry)
    meters.called("/healthz", "GET", "200", 0.01)
    meters.script_ran("claim", 0.001)
    registry.register(StoreCollector(Store(is_away=is_away)))  # type: ignore[arg-type]  # as if
    return iter(registry.collect())


def test_a_call_is_counted_by_its_routes_template(app: Flask, registry: CollectorRegistry) -> None:
    """However many ids are asked for, they are calls of one route."""
    for job in range(50):
        app.test_client().get(f"/jobs/{job}")

    assert labels(registry, CALLS) == {("/jobs/<int:job_id>", "GET", "200")}
    assert labels(registry, SECONDS) == {("/jobs/<int:job_id>",)}
    named = {"route": "/jobs/<int:job_id>", "method": "GET", "status": "200"}
    assert registry.get_sample_value(CALLS, named) == 50
    assert registry.get_sample_value(SECONDS, {"route": named["route"]}) == 50


def test_unknown_paths_are_one_route(app: Flask, registry: CollectorRegistry) -> None:
    """Whoever tries paths makes one series, not one a path; likewise with methods that are not."""
    for number in range(200):
        word = "".join(random.choices("ABCDEFGH", k=6))
        app.test_client().open(f"/{word}/{number}", method="GET")
        app.test_client().open("/jobs/1", method=f"X{word}")

    assert labels(registry, CALLS) == {("unknown", "GET", "404"), ("unknown", "other", "405")}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_usual_methods_have_their_names(
    method: str, meters: Meters, registry: CollectorRegistry
) -> None:
    """The seven that HTTP programs use are told apart."""
    meters.called("/x", method, "200", 0.1)

    assert labels(registry, CALLS) == {("/x", method, "200")}


def test_a_failing_app_is_counted_too(app: Flask, registry: CollectorRegistry) -> None:
    """A call that ends as 500 is one of those counted."""
    app.add_url_rule("/broken", "broken", view_func=lambda: abort(500))
    app.test_client().get("/broken")

    assert labels(registry, CALLS) == {("/broken", "GET", "500")}


def test_scripts_and_parked_polls(meters: Meters, registry: CollectorRegistry) -> None:
    """A script is observed by its name; parked polls are as many as was said last."""
    meters.script_ran("claim", 0.25)
    meters.script_ran("claim", 0.5)
    meters.parked(7)
    meters.parked(5)

    name = "scandispatch_script_duration_seconds"
    assert registry.get_sample_value(f"{name}_count", {"script": "claim"}) == 2
    assert registry.get_sample_value(f"{name}_sum", {"script": "claim"}) == 0.75
    assert registry.get_sample_value("scandispatch_parked_polls") == 5


def test_names_follow_the_conventions() -> None:
    """Prometheus' rules: our prefix, base units, no unit for a mere number, a sentence of help."""
    for family in families():
        assert re.fullmatch(r"scandispatch(_[a-z]+)+", family.name)
        assert not re.search(r"(_ms|_milliseconds|_minutes|_count|_sum|_total)$", family.name)
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_the_page_on_metrics_has_them_all() -> None:
    """docs/metrics.md lists what there is, with its type and labels, and nothing else."""
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    there = [(each, {*each.samples[0].labels} - {"le"}) for each in families()]

    assert {(f"scandispatch_{name}", kind) for name, kind, _ in listed} == {
        (_written(family), "gauge" if family.type == "info" else family.type) for family, _ in there
    }
    said = {f"scandispatch_{name}": set(re.findall("`([a-z]+)`", says)) for name, _, says in listed}
    for family, labels in there:
        assert labels <= said[_written(family)]


def _written(family: Metric) -> str:
    """The name as Prometheus shows it."""
    return family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")


def test_no_label_names_a_site_or_a_scanner() -> None:
    """Labels are of kinds with few values."""
    found = {name for family in families() for each in family.samples for name in each.labels}

    few = {"route", "method", "status", "script", "state", "le", "version", "python"}
    assert found == few


def test_the_age_of_the_last_sweep_is_by_the_stores_clock() -> None:
    """In seconds, though the store counts milliseconds."""
    found = {each.name: each.value for family in families() for each in family.samples}

    assert found["scandispatch_sweep_age_seconds"] == 2.5
    assert found["scandispatch_leases"] == 3
    assert found["scandispatch_store_up"] == 1


def test_a_store_that_is_away_hides_nothing_else() -> None:
    """What the process counts is shown, and that the store is away; nothing is made up for it."""
    found = {each.name: each.value for family in families(is_away=True) for each in family.samples}

    assert found["scandispatch_store_up"] == 0
    assert found[CALLS] == 1
    assert "scandispatch_leases" not in found
