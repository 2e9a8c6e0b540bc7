"""`scandispatch port-list`: give lists of ports a name."""

from collections.abc import Callable
from typing import Any

import click

from cli.client import ApiClient
from cli.names import check_free, find_ids
from cli.options import Command, examples, json_option, operator
from cli.output import print_json, print_table

PATH = "/api/port-lists"
PORTS = "TCP ports, as nmap writes them: 22,80,8000-8100; - is all of them."


def _wishes(*, required: bool) -> Callable[[Command], Command]:
    """Add the options that say which ports, and how fast."""

    def add(command: Command) -> Command:
        ports = click.option("--ports", required=required, help=PORTS)
        rate = click.option(
            "--rate",
            type=click.IntRange(min=1),
            help="Probes a second that a task with these ports gets at most.",
        )
        return ports(rate(command))

    return add


@click.command(
    epilog=examples(
        "scandispatch port-list create web --ports 80,443,8000-8100",
        "scandispatch port-list create all --ports - --rate 200",
    )
)
@click.argument("name")
@_wishes(required=True)
@json_option
@operator
def create(api: ApiClient, *, name: str, ports: str, rate: int | None, as_json: bool) -> None:
    """Make a list of ports; `scan create --port-list` takes it."""
    check_free(api, "port-list", name, hint="`scandispatch port-list set` changes it")
    made = api.post(PATH, {"name": name, "ports": ports, "maxProbesPerSecond": rate})
    if as_json:
        print_json(made)
    else:
        click.echo(f"port list {made['name']} has the id {made['portListId']}")


@click.command("list", epilog=examples("scandispatch port-list list --json"))
@json_option
@operator
def show_all(api: ApiClient, *, as_json: bool) -> None:
    """List the lists of ports."""
    lists = list(api.each(PATH, limit=100))
    if as_json:
        print_json(lists)
        return
    print_table(
        ("ID", "NAME", "PROBES/S", "PORTS"),
        [
            (one["portListId"], one["name"], one["maxProbesPerSecond"], one["ports"])
            for one in lists
        ],
        empty="no list yet: make one with `scandispatch port-list create NAME --ports PORTS`",
    )


@click.command(
    "set",
    epilog=examples(
        "scandispatch port-list set web --ports 80,443", "scandispatch port-list set web --no-rate"
    ),
)
@click.argument("name", metavar="PORT-LIST")
@_wishes(required=False)
@click.option("--no-rate", is_flag=True, help="Take its limit away.")
@json_option
@operator
def change(
    api: ApiClient, *, name: str, ports: str | None, rate: int | None, no_rate: bool, as_json: bool
) -> None:
    """Change a list of ports; scans that are there keep the ports they were made with."""
    if no_rate and rate:
        raise click.UsageError("Give --rate or --no-rate, one of them.")
    wishes = {"ports": ports, "maxProbesPerSecond": rate}
    body: dict[str, Any] = {key: value for key, value in wishes.items() if value is not None}
    body |= {"maxProbesPerSecond": None} if no_rate else {}
    if not body:
        raise click.UsageError("Nothing to change: give --ports, --rate or --no-rate.")
    now = api.patch(f"{PATH}/{find_ids(api, 'port-list', [name])[0]}", body)
    if as_json:
        print_json(now)
    else:
        click.echo(f"port list {now['name']} is changed")


@click.command(epilog=examples("scandispatch port-list delete web"))
@click.argument("name", metavar="PORT-LIST")
@operator
def delete(api: ApiClient, *, name: str) -> None:
    """Delete a list of ports that no unfinished scan uses."""
    (found,) = find_ids(api, "port-list", [name])
    api.delete(f"{PATH}/{found}")
    click.echo(f"port list {name} is deleted")


port_list = click.Group(
    "port-list", commands=[create, show_all, change, delete], help="Give lists of ports a name."
)
