"""Where a call comes from."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

from flask import request

NOWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound to it: a Unix socket's peer has no address
ADDRESSES_REMEMBERED = 4096


def client_address() -> str:
    """Where the request comes from that Flask answers now."""
    return address_of(request.environ)


def address_of(environ: dict[str, Any]) -> str:
    """The socket's address, or the one that trusted proxies vouch for; IPv4-mapped ones as IPv4."""
    return _canonical(environ.get("REMOTE_ADDR") or NOWHERE)


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def _canonical(text: str) -> str:
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return NOWHERE
    return str(getattr(address, "ipv4_mapped", None) or address)


def _without_port(text: str) -> str:
    """Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711. A zone means nothing here."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    address = text.partition(":")[0] if text.count(":") == 1 else text
    return address.partition("%")[0]
