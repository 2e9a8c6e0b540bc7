"""`scandispatch scan`: the commands about scans, and those that list and show them."""

import itertools

import click

from cli.client import ApiClient, Document
from cli.errors import NotFound
from cli.names import A_SCAN, find_scan
from cli.options import examples, json_option, operator
from cli.output import counted, print_facts, print_json, print_table, when
from cli.results import results
from cli.scan_create import create
from cli.scan_steps import cancel, coverage, delete, pause, rerun, resume
from cli.scan_tasks import tasks
from cli.standing import eta
from cli.watch import watch


@click.command(
    "list", epilog=examples("scandispatch scan list", "scandispatch scan list --status running")
)
@click.option("--status", help="Only those in this status.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@json_option
@operator
def show_all(api: ApiClient, *, status: str | None, limit: int, as_json: bool) -> None:
    """List the scans."""
    listed = api.each("/api/scans", status=status, limit=min(limit, 100))
    scans = list(itertools.islice(listed, limit))
    if as_json:
        print_json(scans)
        return
    print_table(
        ("ID", "NAME", "STATUS", "HOSTS", "RESULTS", "CREATED", "WAITING FOR"),
        [_row(one) for one in scans],
        empty=f"no scan: make one with {A_SCAN}",
    )


@click.command(
    epilog=examples("scandispatch scan show last", "scandispatch scan show 'Office LAN'")
)
@click.argument("scan", metavar="SCAN")
@json_option
@operator
def show(api: ApiClient, *, scan: str, as_json: bool) -> None:
    """Show one scan: how far it is, and what it waits for."""
    found = find_scan(api, scan)
    if as_json:
        print_json(found)
    else:
        print_facts(_facts(found, _port_list(api, found["portListId"])))


def _row(one: Document) -> tuple[object, ...]:
    hosts = one["hosts"]
    return (
        one["scanId"],
        one["name"],
        one["status"],
        f"{hosts['done']} of {hosts['total']}",
        one["resultCount"],
        when(one["createdAt"]),
        (one["waitingFor"] or {}).get("message"),
    )


def _port_list(api: ApiClient, port_list: int | None) -> object:
    """Return its name; where it is deleted, its id."""
    if port_list is None:
        return None
    try:
        return api.get(f"/api/port-lists/{port_list}")["name"]
    except NotFound:
        return port_list


def _facts(one: Document, port_list: object) -> list[tuple[str, object]]:
    return [
        ("id", one["scanId"]),
        ("name", one["name"]),
        ("status", one["status"]),
        ("because", one["statusReason"]),
        ("since", when(one["statusSince"])),
        ("waiting for", (one["waitingFor"] or {}).get("message")),
        ("targets", one["targets"]),
        ("excluded", one["exclude"]),
        ("port list", port_list),
        ("ports", one["ports"]),
        ("engine", one["engine"]),
        ("limit", _limit(one["maxProbesPerSecond"])),
        ("progress", f"{one['progress']:.0%}{eta(one, ', about {} left')}"),
        ("hosts", _counts(one["hosts"])),
        ("tasks", _counts(one["tasks"])),
        ("results", one["resultCount"]),
        ("created", when(one["createdAt"])),
        ("started", when(one["startedAt"])),
        ("finished", when(one["finishedAt"])),
    ]


def _limit(rate: int | None) -> str | None:
    return f"{counted(rate, 'probe')} a second, over all its tasks" if rate else None


def _counts(counts: Document) -> str:
    return ", ".join(f"{_spaced(name)} {count}" for name, count in counts.items())


def _spaced(camel: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in camel)


scan = click.Group(
    "scan",
    commands=[
        *(create, show_all, show, watch, tasks, results, coverage),
        *(pause, resume, cancel, rerun, delete),
    ],
    help="""Create scans, watch them, read what they found.

    A SCAN is given by its id, by its name, or as `last`.
    """,
)
