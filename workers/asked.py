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
HOOKS = ("pre_request", "post_request")
LIMITS = {  # and how far the lane goes; gunicorn takes 0 for none
    "limit_request_line": MOST_HEAD_BYTES,
    "limit_request_fields": MOST_FIELDS,
    "limit_request_field_size": MOST_HEAD_BYTES,
}


def asks_for_more(config: Any, sockets: Iterable[Any]) -> bool:
    """Whether gunicorn was told to. sockets: on which it listens."""
    return (
        any(each.family not in {AF_INET, AF_INET6} for each in sockets)
        or any(getattr(config, name) for name in SETTINGS)
        or any(getattr(config, name) is not config.settings[name].default for name in HOOKS)
        or any(0 < getattr(config, name) < most for name, most in LIMITS.items())
        or config.proxy_protocol != "off"
        or not config.keepalive
        or bool(os.environ.get("SCRIPT_NAME"))
    )
