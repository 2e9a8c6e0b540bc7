"""The whole server on an empty store, without a network in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis
from flask import Flask

from app import create_app
from dispatch.settings import Settings
from tests.integration.ingest.asking import BOOTSTRAP_TOKEN, Server, Start


@pytest.fixture(scope="session")
def flask_app(store_url: str) -> Iterator[Flask]:
    """One process of the ingest, with what it remembers from test to test."""
    environ = {"REDIS_URL": store_url, "BOOTSTRAP_ADMIN_TOKEN": BOOTSTRAP_TOKEN}
    app = create_app(Settings.from_env(environ))
    yield app
    app.extensions["dispatch"].parking.close()
    app.extensions["dispatch"].client.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts another process with these settings; its connections are closed after the test."""
    with ExitStack() as ending:

        def one(store_url: str, **settings: str) -> Flask:
            environ = {"REDIS_URL": store_url, "BOOTSTRAP_ADMIN_TOKEN": BOOTSTRAP_TOKEN}
            app = create_app(Settings.from_env({**environ, **settings}))
            ending.callback(app.extensions["dispatch"].client.close)
            return app

        yield one


@pytest.fixture
def server(client: redis.Redis, flask_app: Flask) -> Server:
    """The process, with nothing in its store."""
    return Server(flask_app, client)
