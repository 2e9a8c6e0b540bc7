"""What a process of the ingest counts by itself: calls, scripts, parked polls.

Labels have few values, whatever clients send: a route is a template or `unknown`, a method one of
seven or `other`. No label names a site, a scanner, a scan or an address.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

UNKNOWN_ROUTE = "unknown"
OTHER_METHOD = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
SCRIPT_SECONDS = (0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1)

Count = Callable[[], None]
Observe = Callable[[float], None]


class Meters:
    """The meters of one process. registry: None where another collector shows them."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        self._calls = Counter(
            "scandispatch_http_requests_total",
            "Calls answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._call_seconds = Histogram(
            "scandispatch_http_request_duration_seconds",
            "From a call's headers to those of its answer, the wait of a parked poll included.",
            ("route",),
            buckets=CALL_SECONDS,
            registry=registry,
        )
        self._script_seconds = Histogram(
            "scandispatch_script_duration_seconds",
            "Round trips of scripts, as this process sees them.",
            ("script",),
            buckets=SCRIPT_SECONDS,
            registry=registry,
        )
        self._parked = Gauge(
            "scandispatch_parked_polls",
            "Long polls that wait for work.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._parked.set(0)  # whatever a process that died left in this one's slot
        self._known_calls: dict[tuple[str, str, str], tuple[Count, Observe]] = {}
        self._known_scripts: dict[str, Observe] = {}

    def called(self, route: str, method: str, status: str, seconds: float) -> None:
        """Count a call that was answered. route: a template; status: three digits."""
        key = (route, method if method in METHODS else OTHER_METHOD, status)
        count, observe = self._known_calls.get(key) or self._new_call(*key)
        count()
        observe(seconds)

    def script_ran(self, script: str, seconds: float) -> None:
        """Count a script that was answered."""
        observe = self._known_scripts.get(script) or self._new_script(script)
        observe(seconds)

    def parked(self, polls: int) -> None:
        """Say how many polls this process has parked now."""
        self._parked.set(polls)

    def _new_call(self, route: str, method: str, status: str) -> tuple[Count, Observe]:
        known = (
            self._calls.labels(route, method, status).inc,
            self._call_seconds.labels(route).observe,
        )
        self._known_calls[route, method, status] = known
        return known

    def _new_script(self, script: str) -> Observe:
        observe = self._known_scripts[script] = self._script_seconds.labels(script).observe
        return observe
