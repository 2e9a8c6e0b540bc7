"""`scandispatch scan create`: what to scan, and who may do it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from cli.client import ApiClient
from cli.names import find_ids, is_reserved
from cli.options import Command, examples, json_option, operator
from cli.output import counted, print_json, print_json_line
from cli.watch import watch_to_the_end


def _typed(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """Read `name=value` pairs; a value that is JSON has JSON's type, any other is text."""
    pairs: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{pair!r} is not name=value")
        try:
            pairs[name] = json.loads(value)
        except ValueError:
            pairs[name] = value
    return pairs


def _free(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Refuse a name that a scan could not be found by."""
    if name is not None and is_reserved(name):
        raise click.BadParameter(f"{name!r} would be taken for the newest scan, or for an id")
    return name


def _limits(command: Command) -> Command:
    """Add the options that say how fast, in what pieces, and how often."""
    count = click.IntRange(min=1)
    for option in (
        click.option("--max-attempts", type=count, help="Lost leases until a task has failed."),
        click.option("--retry-failed", is_flag=True, help="Hand out what failed once more."),
        click.option("--hosts-per-task", type=count, help="Addresses in a task, instead of ours."),
        click.option("--rate", type=count, help="Probes a second, over all scanners."),
    ):
        command = option(command)
    return command


@click.command(
    epilog=examples(
        "scandispatch scan create 10.0.0.0/24 --ports 22,80,8000-8100 --group lab --watch",
        "scandispatch scan create 10.0.0.0/8 --exclude 10.9.0.0/16 --ports 443 --scanner lab-1",
        "scandispatch scan create --targets-file hosts.txt --ports 22 --group lab --rate 200",
    )
)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--ports", help="TCP ports, as nmap writes them: 22,80,8000-8100; - is all of them.")
@click.option("--port-list", metavar="NAME|ID", help="A list of ports, instead of --ports.")
@click.option(
    "--exclude", multiple=True, metavar="TARGET", help="What is left out; may be repeated."
)
@click.option(
    "--targets-file",
    type=click.File(encoding="utf-8-sig"),  # Windows begins its text files with a mark
    help="More targets, from a file or `-`; # begins a comment.",
)
@click.option(
    "--scanner",
    "scanners",
    multiple=True,
    metavar="NAME|ID",
    help="Who may do it; may be repeated.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME|ID",
    help="Which group may do it; may be repeated.",
)
@click.option("--name", callback=_free, help="What you call it.")
@click.option("--engine", help="What probes: connect (the default), nmap.")
@click.option(
    "--engine-arg",
    "engine_args",
    multiple=True,
    callback=_typed,
    metavar="NAME=VALUE",
    help="An argument of the engine; the value is JSON, or else text. May be repeated.",
)
@_limits
@click.option("--watch", "watching", is_flag=True, help="Watch it to its end.")
@json_option
@operator
def create(
    api: ApiClient,
    *,
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    targets_file: TextIO | None,
    port_list: str | None,
    scanners: tuple[str, ...],
    groups: tuple[str, ...],
    watching: bool,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Create a scan of TARGETs: CIDRs, ranges a-b, addresses, names."""
    wanted = split(" ".join(targets)) + (_from_file(targets_file) if targets_file else [])
    ports = bool(wishes["ports"]) + bool(port_list)
    if missing := list(_missing(targets=bool(wanted), who=bool(scanners or groups), ports=ports)):
        raise click.UsageError(" ".join(missing))
    body = _body(wishes) | {
        "targets": wanted,
        "exclude": split(" ".join(exclude)),
        "scannerIds": find_ids(api, "scanner", scanners),
        "groupIds": find_ids(api, "group", groups),
        "portListId": find_ids(api, "port-list", [port_list])[0] if port_list else None,
    }
    made = api.post("/api/scans", {key: value for key, value in body.items() if value})
    _report(made, as_json=as_json, watching=watching)
    if watching:
        watch_to_the_end(api, made["scanId"], as_json=as_json)


def _missing(*, targets: bool, who: bool, ports: int) -> Iterator[str]:
    """Say all at once what there is to be given; ports: in how many ways they were."""
    if not targets:
        yield "Nothing to scan: give TARGETs or --targets-file."
    if not who:
        yield "Nobody to scan: give --scanner or --group."
    if not ports:
        yield "No ports: give --ports or --port-list."
    elif ports > 1:
        yield "Give --ports or --port-list, one of them."


def split(text: str) -> list[str]:
    """Return the targets in a text, between spaces and commas."""
    return text.replace(",", " ").split()


def _from_file(file: TextIO) -> list[str]:
    try:
        lines = file.read().splitlines()
    except UnicodeDecodeError as problem:
        raise click.UsageError(f"{Path(file.name)} is not UTF-8 text.") from problem
    return [target for line in lines for target in split(line.partition("#")[0])]


def _body(wishes: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": wishes["name"],
        "ports": wishes["ports"],
        "engine": wishes["engine"],
        "engineArgs": wishes["engine_args"],
        "maxProbesPerSecond": wishes["rate"],
        "hostsPerTask": wishes["hosts_per_task"],
        "retryFailed": wishes["retry_failed"],
        "maxAttempts": wishes["max_attempts"],
    }


def _report(made: dict[str, Any], *, as_json: bool, watching: bool) -> None:
    if as_json:
        (print_json_line if watching else print_json)(made)
        return
    size = counted(made["hosts"]["total"], "address", "addresses")
    click.echo(f"scan {made['scanId']} of {size}: {made['status']}")
    if not watching:
        click.echo(f"  follow it with `scandispatch scan watch {made['scanId']}`")
