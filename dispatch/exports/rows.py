"""Rows of an export: by which key they are sorted, and how they are written meanwhile."""

from __future__ import annotations

import json
import socket
from typing import Any

Row = dict[str, Any]

_encode = json.JSONEncoder(separators=(",", ":")).encode


def key_of(row: Row) -> bytes:
    """Host, port and protocol, so that IPv4 comes before IPv6, then by address, port, protocol.

    What is said of a host as a whole has port 0. A port without a protocol is one of TCP.
    """
    host, port = row["host"], row.get("port") or 0
    protocol = row.get("protocol") or ("tcp" if port else "")
    version, family = ("6", socket.AF_INET6) if ":" in host else ("4", socket.AF_INET)
    return f"{version}{socket.inet_pton(family, host).hex()}{port:04x}{protocol}".encode()


def text_of(row: Row) -> bytes:
    """One line of JSON, without its end; in ASCII, so that no byte in it is a tab or a newline."""
    return _encode(row).encode()
