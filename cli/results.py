"""`scandispatch scan results`: what a scan found, as a table or in a format of the server."""

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from cli.client import ApiClient
from cli.errors import CliError
from cli.names import find_scan
from cli.options import examples, json_option, operator
from cli.output import print_json
from cli.results_table import by_address, print_results

PAGE = 500
LIMIT = 1000
EXPORTS = ("jsonl", "csv", "nmap-xml")


@click.command(
    epilog=examples(
        "scandispatch scan results last",
        "scandispatch scan results 'Office LAN' --state any --limit 100",
        "scandispatch scan results last --format jsonl --output found.jsonl",
        "scandispatch scan results last --format nmap-xml --output found.xml",
    )
)
@click.argument("scan", metavar="SCAN")
@click.option(
    "--format", "form", type=click.Choice(["table", *EXPORTS]), default="table", show_default=True
)
@click.option(
    "--state",
    type=click.Choice(["open", "closed", "filtered", "up", "down", "any"]),
    help="Only these in the table.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="So many rows of the table.  [default: 1000]"
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file for the whole."
)
@json_option
@operator
def results(
    api: ApiClient,
    *,
    scan: str,
    form: str,
    state: str | None,
    limit: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Print what a scan found.

    The table and --json show all that was reported. The other formats stream the whole of it, one
    row for each host, protocol and port, the newest.
    """
    is_export = form in EXPORTS
    if output and not is_export:
        raise click.UsageError(f"--output goes with --format {'|'.join(EXPORTS)}.")
    if is_export and (state or limit or as_json):
        raise click.UsageError(f"--format {form} is the whole: no --state, --limit or --json.")
    path = f"/api/scans/{find_scan(api, scan)['scanId']}/results"
    if is_export:
        _stream(api.stream(path, format=form), output)
        return
    limit = limit or LIMIT
    listed = api.each(path, limit=min(limit, PAGE))
    asked = (one for one in listed if state in (None, "any", one["state"]))
    found = list(itertools.islice(asked, limit + 1))
    if as_json:
        print_json(found[:limit])
    elif len(found) > limit:
        print_results(api, found[:limit])
        click.echo(f"… and more: raise --limit {limit}, or use --format jsonl", err=True)
    else:
        print_results(api, sorted(found, key=by_address))


def _stream(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write the pieces to standard output, or to a file that is there only when it is whole."""
    if output is None:
        _write(pieces, sys.stdout.buffer)
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            _write(pieces, file)
        part.replace(output)
    except OSError as problem:
        raise CliError(f"{output} cannot be written: {problem.strerror}") from problem
    finally:
        part.unlink(missing_ok=True)


def _write(pieces: Iterable[bytes], file: BinaryIO) -> None:
    file.writelines(pieces)
    file.flush()
