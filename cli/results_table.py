"""Results as a table: what was found where, and by whom."""

import ipaddress
from collections.abc import Iterable

from cli.client import ApiClient, Document
from cli.names import names_of
from cli.output import print_table

COLUMNS = ("HOST", "PORT", "STATE", "SERVICE", "BANNER", "FOUND BY")


def print_results(api: ApiClient, found: Iterable[Document]) -> None:
    """Print the results in the order given, with their scanners' names."""
    rows = list(found)
    names = names_of(api, "scanner") if rows else {}
    print_table(COLUMNS, [_row(one, names) for one in rows], empty="nothing found")


def by_address(one: Document) -> tuple[int, int, int, str]:
    """The key that sorts results: IPv4 before IPv6, by number, not by letter."""
    address = ipaddress.ip_address(one["host"])
    return (address.version, int(address), one.get("port") or 0, one.get("protocol") or "")


def _row(one: Document, names: dict[int, str]) -> tuple[object, ...]:
    host = f"{one['host']} ({one['name']})" if one.get("name") else one["host"]
    port = f"{one['port']}/{one.get('protocol', 'tcp')}" if one.get("port") else ""
    service = " ".join(one[key] for key in ("service", "product", "version") if one.get(key))
    scanner = names.get(one["scannerId"], one["scannerId"])  # one that is deleted has no name
    late = " (late)" if one.get("late") else ""
    return (host, port, one["state"], service, one.get("banner"), f"{scanner}{late}")
