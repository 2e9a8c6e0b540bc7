"""`scandispatch scan tasks`: who has which part of a scan, and how fast."""

import itertools

import click

from cli.client import ApiClient, Document
from cli.names import find_scan, names_of
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table

PAGE = 100
COLUMNS = ("ID", "SCANNER", "STATUS", "HOSTS", "PROBES/S", "LIMITED BY", "BECAUSE")


@click.command(
    epilog=examples("scandispatch scan tasks last", "scandispatch scan tasks last --limit 5 --json")
)
@click.argument("scan", metavar="SCAN")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@json_option
@operator
def tasks(api: ApiClient, *, scan: str, limit: int, as_json: bool) -> None:
    """List the tasks of a scan, the newest first.

    LIMITED BY is the limit that a task has its rate from, and BECAUSE is why it failed.
    """
    path = f"/api/scans/{find_scan(api, scan)['scanId']}/tasks"
    listed = api.each(path, limit=min(limit + 1, PAGE))
    found = list(itertools.islice(listed, limit + 1))
    if as_json:
        print_json(found[:limit])
        return
    names = names_of(api, "scanner") if found else {}
    rows = [_row(one, names) for one in found[:limit]]
    print_table(COLUMNS, rows, empty="no task yet: `scandispatch scan show` says why")
    if len(found) > limit:
        click.echo(f"… and more: raise --limit {limit}", err=True)


def _row(one: Document, names: dict[int, str]) -> tuple[object, ...]:
    return (
        one["jobId"],
        names.get(one["scannerId"], one["scannerId"]),  # one that is deleted has no name
        one["status"],
        one["hosts"],
        one["maxProbesPerSecond"],
        one["rateLimitedBy"],
        one["errorMessage"],
    )
