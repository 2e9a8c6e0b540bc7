"""`scandispatch group`: put scanners into groups."""

from collections.abc import Callable

import click

from cli.client import ApiClient
from cli.names import check_free, find_ids, names_of
from cli.options import examples, json_option, operator
from cli.output import counted, print_json, print_table


@click.command(
    epilog=examples(
        "scandispatch group create lab", "scandispatch group create lab --scanner lab-1"
    )
)
@click.argument("name")
@click.option(
    "--scanner",
    "scanners",
    multiple=True,
    metavar="NAME|ID",
    help="A scanner in it; may be repeated.",
)
@click.option(
    "--job-capacity", type=click.IntRange(min=1), help="Scans in work at once.  [default: 10]"
)
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
    check_free(api, "group", name, hint="`scandispatch group add` puts scanners into it")
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
    names = names_of(api, "scanner")
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


def _membership(
    name: str, change: Callable[[set[int], set[int]], set[int]], what: str
) -> click.Command:
    """A command that changes who is in a group, and says who is in it then."""

    @click.command(name, help=what, epilog=examples(f"scandispatch group {name} lab lab-1 lab-2"))
    @click.argument("group", metavar="GROUP")
    @click.argument("scanners", metavar="SCANNER...", nargs=-1, required=True)
    @json_option
    @operator
    def command(api: ApiClient, *, group: str, scanners: tuple[str, ...], as_json: bool) -> None:
        path = f"/api/groups/{find_ids(api, 'group', [group])[0]}"
        chosen = set(find_ids(api, "scanner", scanners))
        members = change(set(api.get(path)["scannerIds"]), chosen)
        now = api.patch(path, {"scannerIds": sorted(members)})
        if as_json:
            print_json(now)
        else:
            click.echo(f"group {now['name']}: {counted(len(now['scannerIds']), 'scanner')}")

    return command


add = _membership("add", set.union, "Put scanners into a group.")
remove = _membership("remove", set.difference, "Take scanners out of a group; they stay.")

group = click.Group(
    "group", commands=[create, show_all, add, remove, delete], help="Put scanners into groups."
)
