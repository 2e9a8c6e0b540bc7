"""/metrics: for Prometheus on this machine, or anywhere with METRICS_TOKEN."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from dispatch.operators import Operators
from dispatch.wiring import Dispatch
from domain.errors import Forbidden, InvalidToken, MissingToken
from metrics.calls import TimedCalls
from metrics.meters import Meters
from metrics.sharing import register_shared
from metrics.store import StoreCollector
from queues.readings import ReadingStore
from queues.scripts import watch_scripts
from web.addresses import client_address


def mount_metrics(app: Flask, dispatch: Dispatch) -> Meters:
    """Count the app's calls and the process's scripts, and serve all at /metrics.

    Returns the meters, for whoever has more to count.
    """
    registry = CollectorRegistry()
    meters = Meters(None if register_shared(registry) else registry)
    registry.register(StoreCollector(ReadingStore(dispatch.client)))
    watch_scripts(meters.script_ran)
    app.wsgi_app = TimedCalls(app.wsgi_app, meters.called)  # type: ignore[method-assign]  # as Flask's manual does
    gate = Gate(dispatch.settings.metrics_token, dispatch.tokens)
    app.register_blueprint(_blueprint(registry, gate))
    return meters


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may read them: programs on this machine, and those that have the token, if one is set."""

    token: str | None
    operators: Operators

    def check(self) -> None:
        """Raise Forbidden, MissingToken, InvalidToken or TooManyAttempts for all others."""
        address = client_address()
        if ipaddress.ip_address(address).is_loopback:
            return
        if self.token is None:
            raise Forbidden("Only programs on this machine may read this: no METRICS_TOKEN is set.")
        given = _bearer_token()
        if not given:
            raise MissingToken("Send METRICS_TOKEN in the header Authorization: Bearer <token>.")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            self.operators.count_failure(address)
            raise InvalidToken("This token is not METRICS_TOKEN.")


def _bearer_token() -> str | None:
    given = request.authorization
    return given.token if given is not None and given.type == "bearer" else None


def _blueprint(registry: CollectorRegistry, gate: Gate) -> Blueprint:
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        gate.check()
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return blueprint
