"""`scandispatch group`: put scanners into groups."""

import click

from cli.client import ApiClient
from cli.names import find_ids
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table


@click.command(
    epilog=examples(
        "scandispatch group create lab", "scandispatch group create lab --scanner lab-1"
    )
)
@click.argument("name")
@click.option("--scanner", "scanners", multiple=True, metavar="NAME|ID", help="A scanner in it.")
@click.option("--job-capacity", type=click.IntRange(min=1), help="Scans in work at once.")
@json_option
@operator
def create(
    api: ApiClient,
    *,
    name: str,
    scanners: tuple[str, ...],
    job_capacity: int | None,
    as_json: bool,
) -> None:
    """Make a group of scanners."""
    wishes = {"scannerIds": find_ids(api, "scanner", scanners), "jobCapacity": job_capacity}
    body = {"name": name} | {key: value for key, value in wishes.items() if value}
    made = api.post("/api/groups", body)
    if as_json:
        print_json(made)
    else:
        click.echo(f"group {made['name']} has the id {made['groupId']}")


@click.command("list", epilog=examples("scandispatch group list", "scandispatch group list --json"))
@json_option
@operator
def show_all(api: ApiClient, *, as_json: bool) -> None:
    """List the groups and the scanners in them."""
    groups = list(api.each("/api/groups", limit=100))
    if as_json:
        print_json(groups)
        return
    names = {one["scannerId"]: one["name"] for one in api.each("/api/scanners", limit=100)}
    print_table(
        ("ID", "NAME", "SCANS AT ONCE", "SCANNERS"),
        [
            (
                one["groupId"],
                one["name"],
                one["jobCapacity"],
                [names.get(scanner, scanner) for scanner in one["scannerIds"]],
            )
            for one in groups
        ],
        empty="no group yet: make one with `scandispatch group create NAME`",
    )


@click.command(epilog=examples("scandispatch group delete lab"))
@click.argument("name", metavar="GROUP")
@operator
def delete(api: ApiClient, *, name: str) -> None:
    """Delete a group; its scanners stay."""
    (found,) = find_ids(api, "group", [name])
    api.delete(f"/api/groups/{found}")
    click.echo(f"group {name} is deleted")


group = click.Group("group", commands=[create, show_all, delete], help="Put scanners into groups.")
