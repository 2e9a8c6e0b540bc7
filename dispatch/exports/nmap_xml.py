"""Rows as nmap's XML, valid against nmap's own DTD (https://svn.nmap.org/nmap/docs/nmap.dtd)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter

from dispatch.exports.elements import empty, opened
from dispatch.exports.nmap_frame import head, tail
from dispatch.exports.rows import Row
from queues.store import Record

MOST_NAMES = 1000
_USER_SET = "user-set"  # what nmap -Pn says: nobody asked whether the host is up

# protocol, state -> what nmap calls the answer
_REASONS = {
    ("tcp", "open"): "syn-ack",
    ("tcp", "closed"): "conn-refused",
    ("tcp", "filtered"): "no-response",
    ("udp", "open"): "udp-response",
    ("udp", "closed"): "port-unreach",
    ("udp", "filtered"): "no-response",
}


def write(scan: Record, texts: Iterable[bytes]) -> Iterator[bytes]:
    """The document, a port at a time. scan: its record."""
    yield head(scan)
    hosts = up = 0
    for host, rows in groupby(map(json.loads, texts), itemgetter("host")):
        hosts += 1
        up += yield from _host(host, rows)
    yield tail(scan, up=up, hosts=hosts)


def _host(host: str, rows: Iterator[Row]) -> Generator[bytes, None, bool]:
    """One host; answers whether it is up. What is said of the host as a whole comes first."""
    first = next(rows)
    port = first if first.get("port") else next((row for row in rows if row.get("port")), None)
    status = _status(first, port)
    kind = "ipv6" if ":" in host else "ipv4"
    address = empty("address", {"addr": host, "addrtype": kind})
    yield f"<host>{empty('status', status)}\n{address}\n".encode()
    names = dict.fromkeys([first.get("name")])
    if port is not None:
        yield from _ports(chain([port], rows), names)
    yield _hostnames(names) + b"</host>\n"
    return status["state"] == "up"


def _status(first: Row, port: Row | None) -> dict[str, str]:
    """Up, unless it was said to be down and no port of it tells otherwise."""
    if port is not None:
        reason = _USER_SET if port["state"] == "filtered" else _reason(port)
        return {"state": "up", "reason": reason, "reason_ttl": "0"}
    if first["state"] == "down":
        return {"state": "down", "reason": "no-response", "reason_ttl": "0"}
    return {"state": "up", "reason": "unknown-response", "reason_ttl": "0"}


def _ports(rows: Iterable[Row], names: dict[str | None, None]) -> Iterator[bytes]:
    """Its ports; adds the names that they were found under."""
    yield b"<ports>"
    for row in rows:
        yield _port(row)
        if len(names) < MOST_NAMES:
            names[row.get("name")] = None
    yield b"</ports>\n"


def _port(row: Row) -> bytes:
    identity = {"protocol": row.get("protocol") or "tcp", "portid": row["port"]}
    state = {"state": row["state"], "reason": _reason(row), "reason_ttl": "0"}
    parts = [opened("port", identity), empty("state", state), _service(row)]
    if banner := row.get("banner"):
        parts.append(empty("script", {"id": "banner", "output": banner}))
    return f"{''.join(parts)}</port>\n".encode()


def _service(row: Row) -> str:
    """Taken from a table by its port, or, with a product or version, from what it answered."""
    name, product, version = (row.get(key) or None for key in ("service", "product", "version"))
    extra = (row.get("extra") or {}).get("extrainfo")
    extra = extra if isinstance(extra, str) else None
    if not (name or product or version or extra):
        return ""
    known = {"name": name or "unknown", "product": product, "version": version, "extrainfo": extra}
    probed = {"method": "probed", "conf": "10"} if product or version else None
    return empty("service", {**known, **(probed or {"method": "table", "conf": "3"})})


def _reason(row: Row) -> str:
    return _REASONS.get((row.get("protocol") or "tcp", row["state"]), "unknown-response")


def _hostnames(names: Iterable[str | None]) -> bytes:
    """After the ports, when all of them are known; to the DTD the order is one."""
    known = (empty("hostname", {"name": name, "type": "user"}) for name in names if name)
    return f"<hostnames>{''.join(known)}</hostnames>\n".encode()
