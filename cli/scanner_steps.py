"""`scandispatch scanner drain|enable|disable|delete`: the steps taken with a scanner."""

import click

from cli.client import ApiClient
from cli.names import find_ids
from cli.options import examples, json_option, operator
from cli.output import print_json


@click.command(
    epilog=examples("scandispatch scanner drain lab-1", "scandispatch scanner drain lab-1 --undo")
)
@click.argument("name", metavar="SCANNER")
@click.option("--undo", is_flag=True, help="Hand it work again.")
@operator
def drain(api: ApiClient, *, name: str, undo: bool) -> None:
    """Hand a scanner no more work; it ends what it holds."""
    (found,) = find_ids(api, "scanner", [name])
    now = api.post(f"/api/scanners/{found}/drain", {"drain": not undo})
    click.echo(f"scanner {now['name']}: {now['status']}")


def _switch(name: str, *, on: bool, what: str) -> click.Command:
    """A command that lets a scanner in, or keeps it out, and says how it stands then."""

    @click.command(name, help=what, epilog=examples(f"scandispatch scanner {name} lab-1"))
    @click.argument("scanner", metavar="SCANNER")
    @json_option
    @operator
    def command(api: ApiClient, *, scanner: str, as_json: bool) -> None:
        (found,) = find_ids(api, "scanner", [scanner])
        now = api.patch(f"/api/scanners/{found}", {"enabled": on})
        if as_json:
            print_json(now)
        else:
            click.echo(f"scanner {now['name']}: {now['status']}")

    return command


enable = _switch("enable", on=True, what="Let a disabled scanner in again.")
disable = _switch(
    "disable",
    on=False,
    what="Refuse a scanner's calls.\n\nWhat it holds is handed out again when its leases have run"
    " out; `drain` lets it end that first.",
)


@click.command(epilog=examples("scandispatch scanner delete lab-1"))
@click.argument("name", metavar="SCANNER")
@operator
def delete(api: ApiClient, *, name: str) -> None:
    """Delete a scanner; one at work goes when it has ended what it holds."""
    (found,) = find_ids(api, "scanner", [name])
    api.delete(f"/api/scanners/{found}")
    click.echo(f"scanner {name} is deleted, or will be with its last task")
