"""`scandispatch scan results`: what a scan found, as a table or in a format of the server."""

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from cli.client import ApiClient, Document
from cli.errors import CliError
from cli.names import find_scan
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table

PAGE = 500
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
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
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
    limit: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Print what a scan found.

    The table and --json show what was reported, as it came. The other formats stream the whole of
    it, one row for each host, protocol and port, the newest.
    """
    if output and form not in EXPORTS:
        raise click.UsageError(f"--output goes with --format {'|'.join(EXPORTS)}.")
    path = f"/api/scans/{find_scan(api, scan)['scanId']}/results"
    if form in EXPORTS:
        _stream(api.stream(path, format=form), output)
        return
    listed = api.each(path, limit=min(limit, PAGE))
    asked = (one for one in listed if state in (None, "any", one["state"]))
    found = list(itertools.islice(asked, limit + 1))
    if as_json:
        print_json(found[:limit])
        return
    _table(found[:limit])
    if len(found) > limit:
        click.echo(f"… and more: raise --limit {limit}, or use --format jsonl", err=True)


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


def _table(found: Iterable[Document]) -> None:
    columns = ("HOST", "PORT", "STATE", "SERVICE", "BANNER", "LATE")
    print_table(columns, [_row(one) for one in found], empty="nothing found")


def _row(one: Document) -> tuple[object, ...]:
    host = f"{one['host']} ({one['name']})" if one.get("name") else one["host"]
    port = f"{one['port']}/{one.get('protocol', 'tcp')}" if one.get("port") else ""
    service = " ".join(one[key] for key in ("service", "product", "version") if one.get(key))
    late = "late" if one.get("late") else ""
    return (host, port, one["state"], service, one.get("banner"), late)
