"""What gunicorn may be told to do with each request, and the lane does not."""

from __future__ import annotations

import os
from collections.abc import Iterable
from socket import AF_INET, AF_INET6
from typing import Any

from workers.ordinary import MOST_FIELDS, MOST_HEAD_BYTES

# Encryption, an end after so many requests, a log or a count of each.
SETTINGS = (
    "is_ssl", "max_requests", "accesslog", "logconfig", "logconfig_dict", "logconfig_json",
    "syslog", "statsd_host",
)  # fmt: skip
OTHERWISE = ("pre_request", "post_request", "logger_class", "header_map")  # than by default
LIMITS = {  # and how far the lane goes; gunicorn takes 0 for none
    "limit_request_line": MOST_HEAD_BYTES,
    "limit_request_fields": MOST_FIELDS,
    "limit_request_field_size": MOST_HEAD_BYTES,
}


def asks_for_more(config: Any, sockets: Iterable[Any]) -> bool:
    """Whether gunicorn was told to. sockets: on which it listens."""
    return bool(
        any(each.family not in {AF_INET, AF_INET6} for each in sockets)
        or any(getattr(config, name) for name in SETTINGS)
        or any(config.settings[name].get() != config.settings[name].default for name in OTHERWISE)
        or any(0 < getattr(config, name) < most for name, most in LIMITS.items())
        or config.proxy_protocol != "off"
        or (config.forwarded_allow_ips and config.secure_scheme_headers)  # https by a proxy's word
        or not config.keepalive
        or os.environ.get("SCRIPT_NAME")
    )
