"""/healthz: the process lives. /readyz: it can serve."""

from __future__ import annotations

from typing import Any

import redis
from flask import Blueprint, Response, jsonify

from dispatch.health import check_store
from web.problems import STORE_RETRY_SECONDS, problem


def health_blueprint(client: redis.Redis) -> Blueprint:
    """The two pages, for whoever asks; no token needed."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Any:
        return jsonify(ok=True)

    @blueprint.get("/readyz")
    def readyz() -> Response:
        health = check_store(client)
        if health.ready:
            return jsonify(ok=True, warnings=health.warnings)
        return problem(
            503,
            "NOT_READY",
            " ".join(health.problems),
            retryable=True,
            retry_after_seconds=STORE_RETRY_SECONDS,
        )

    return blueprint
