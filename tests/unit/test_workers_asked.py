"""workers.asked: the lane is shut where gunicorn was told to do what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from gevent import socket
from gunicorn.config import Config

from tests.unit.gunicorn_worker import configured
from workers.asked import asks_for_more

ASKED: dict[str, Any] = {
    "certfile": "a.pem",
    "keepalive": 0,
    "max_requests": 1000,
    "accesslog": "-",
    "logconfig": "log.ini",
    "syslog": True,
    "statsd_host": "localhost:8125",
    "pre_request": lambda worker, request: None,  # noqa: ARG005 - gunicorn looks at the names
    "post_request": lambda worker, request: None,  # noqa: ARG005 - as above
    "logger_class": "gunicorn.instrument.statsd.Statsd",
    "header_map": "refuse",
    "limit_request_line": 100,
    "limit_request_fields": 20,
    "limit_request_field_size": 1000,
    "proxy_protocol": True,
}


def asks(config: Config, family: int = socket.AF_INET) -> bool:
    with socket.socket(family) as listener:
        return asks_for_more(config, [listener])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_as_it_is_configured_it_is_open(family: int) -> None:
    """And where gunicorn has no limits at all."""
    ours, wide = configured(), configured()
    for name in ("limit_request_line", "limit_request_fields", "limit_request_field_size"):
        wide.set(name, 0)

    assert not asks(ours, family)
    assert not asks(wide, family)


@pytest.mark.parametrize(("name", "value"), ASKED.items(), ids=ASKED.keys())
def test_what_else_gunicorn_does_with_each_request_shuts_it(name: str, value: Any) -> None:
    """None of it is passed by in silence."""
    config = configured()
    config.set(name, value)

    assert asks(config)


def test_a_proxy_that_speaks_for_https_shuts_it() -> None:
    """Whom gunicorn believes, and in which headers; either by itself says nothing."""
    trusting, hearing, both = configured(), configured(), configured()
    for config in (trusting, both):
        config.set("forwarded_allow_ips", "*")
    for config in (hearing, both):
        config.set("secure_scheme_headers", {"X-FORWARDED-PROTO": "https"})

    assert not asks(trusting)
    assert not asks(hearing)
    assert asks(both)


def test_unix_sockets_shut_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However gunicorn came by them: systemd hands over a number."""
    config = configured()
    monkeypatch.setattr(type(config), "address", [3])

    assert asks(config, socket.AF_UNIX)


def test_an_app_below_a_path_shuts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gunicorn takes that path off each request's."""
    monkeypatch.setenv("SCRIPT_NAME", "/dispatch")

    assert asks(configured())
