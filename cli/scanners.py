"""`scandispatch scanner`: register scanners, and see how they are."""

import shlex

import click
from rich.panel import Panel
from rich.text import Text

from cli.client import ApiClient, Document
from cli.errors import CliError
from cli.names import find_ids
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table, terminal, when


@click.command(
    epilog=examples(
        "scandispatch scanner create lab-1",
        "scandispatch scanner create lab-2 --group lab --max-rate 500 --allow-ip 192.0.2.0/24",
    )
)
@click.argument("name")
@click.option("--group", "groups", multiple=True, metavar="NAME|ID", help="A group it is in.")
@click.option("--target-capacity", type=click.IntRange(min=1), help="Addresses in flight at once.")
@click.option("--task-capacity", type=click.IntRange(min=1), help="Tasks held at once.")
@click.option("--job-capacity", type=click.IntRange(min=1), help="Different scans at once.")
@click.option("--max-rate", type=click.IntRange(min=1), help="Probes a second, over all its tasks.")
@click.option("--allow-ip", "allowed_ips", multiple=True, metavar="CIDR", help="Where it may ask.")
@json_option
@operator
def create(
    api: ApiClient,
    *,
    name: str,
    groups: tuple[str, ...],
    target_capacity: int | None,
    task_capacity: int | None,
    job_capacity: int | None,
    max_rate: int | None,
    allowed_ips: tuple[str, ...],
    as_json: bool,
) -> None:
    """Register a scanner, and show its API key: this once, and never again."""
    wishes = {
        "groupIds": find_ids(api, "group", groups),
        "targetCapacity": target_capacity,
        "taskCapacity": task_capacity,
        "jobCapacity": job_capacity,
        "maxProbesPerSecond": max_rate,
        "allowedIps": list(allowed_ips),
    }
    body = {"name": name} | {key: value for key, value in wishes.items() if value}
    made = api.post("/api/scanners", body)
    if as_json:
        print_json(made)
    else:
        _show_key(made, api.connection.url)


@click.command(
    "list", epilog=examples("scandispatch scanner list", "scandispatch scanner list --json")
)
@json_option
@operator
def show_all(api: ApiClient, *, as_json: bool) -> None:
    """List the scanners: which are online, and what they have in hand."""
    scanners = list(api.each("/api/scanners", limit=100))
    if as_json:
        print_json(scanners)
        return
    print_table(
        ("ID", "NAME", "STATUS", "LAST SEEN", "TASKS", "ADDRESSES", "ENGINES"),
        [_row(one) for one in scanners],
        empty="no scanner yet: make one with `scandispatch scanner create NAME`",
    )


def _row(one: Document) -> tuple[object, ...]:
    use = one["inUse"]
    return (
        one["scannerId"],
        one["name"],
        one["status"],
        when(one["lastSeenAt"]) or "never",
        _share(use["tasks"], one["taskCapacity"]),
        _share(use["targets"], one["targetCapacity"]),
        one["engines"],
    )


def _share(used: int, capacity: int | None) -> str:
    return f"{used} of {capacity}" if capacity else str(used)


def _show_key(made: Document, url: str) -> None:
    if "apiKey" not in made:
        raise CliError(
            f"scanner {made['name']} was made, but its key was lost with the first answer",
            hint=f"make a new one: scandispatch scanner new-key {made['scannerId']}",
        )
    click.echo(f"scanner {made['name']} has the id {made['scannerId']}")
    terminal().print(Panel.fit(Text(made["apiKey"], style="bold"), title="API key, shown only now"))
    click.echo("Run it where it shall scan from:\n")
    click.echo(f"  SCANDISPATCH_API_KEY={made['apiKey']} \\\n    {agent_command(url)}")


def agent_command(url: str) -> str:
    """Return the shell command that runs an agent against `url`."""
    return shlex.join(["scandispatch", "agent", "--url", url])


@click.command(epilog=examples("scandispatch scanner drain lab-1", "… lab-1 --undo"))
@click.argument("name", metavar="SCANNER")
@click.option("--undo", is_flag=True, help="Hand it work again.")
@operator
def drain(api: ApiClient, *, name: str, undo: bool) -> None:
    """Hand a scanner no more work; it ends what it holds."""
    (found,) = find_ids(api, "scanner", [name])
    now = api.post(f"/api/scanners/{found}/drain", {"drain": not undo})
    click.echo(f"scanner {now['name']}: {now['status']}")


@click.command(epilog=examples("scandispatch scanner new-key lab-1 --grace-seconds 600"))
@click.argument("name", metavar="SCANNER")
@click.option(
    "--grace-seconds",
    type=click.IntRange(min=0),
    default=3600,
    show_default=True,
    help="For how long the old keys live on.",
)
@operator
def new_key(api: ApiClient, *, name: str, grace_seconds: int) -> None:
    """Make a new API key for a scanner, and show it: this once, and never again."""
    (found,) = find_ids(api, "scanner", [name])
    made = api.post(f"/api/scanners/{found}/keys", {"graceSeconds": grace_seconds})
    _show_key({**made, "name": name}, api.connection.url)


@click.command(epilog=examples("scandispatch scanner delete lab-1"))
@click.argument("name", metavar="SCANNER")
@operator
def delete(api: ApiClient, *, name: str) -> None:
    """Delete a scanner; one at work goes when it has ended what it holds."""
    (found,) = find_ids(api, "scanner", [name])
    api.delete(f"/api/scanners/{found}")
    click.echo(f"scanner {name} is deleted, or will be with its last task")


scanner = click.Group(
    "scanner",
    commands=[create, show_all, drain, new_key, delete],
    help="Register scanners, and see how they are.",
)
