"""`scandispatch scanner`: register scanners, and see how they are."""

import shlex

import click

from cli.client import ApiClient, Document
from cli.names import check_free, find_ids, names_of
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table, when
from cli.scanner_keys import new_key, show_key
from cli.scanner_steps import delete, disable, drain, enable


@click.command(
    epilog=examples(
        "scandispatch scanner create lab-1",
        "scandispatch scanner create lab-2 --group lab --max-rate 500 --allow-ip 192.0.2.0/24",
    )
)
@click.argument("name")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME|ID",
    help="A group it is in; may be repeated.",
)
@click.option(
    "--target-capacity",
    type=click.IntRange(min=1),
    help="Addresses in flight at once.  [default: by its machine, 1024 a processor]",
)
@click.option(
    "--task-capacity",
    type=click.IntRange(min=1),
    help="Tasks held at once.  [default: target capacity / 128, from 1 to 32]",
)
@click.option(
    "--job-capacity",
    type=click.IntRange(min=1),
    help="Different scans at once.  [default: 1; in a group up to 3]",
)
@click.option(
    "--max-rate",
    type=click.IntRange(min=1),
    help="Probes a second, over all its tasks.  [default: no limit]",
)
@click.option(
    "--allow-ip",
    "allowed_ips",
    multiple=True,
    metavar="CIDR",
    help="From where it may ask; may be repeated.  [default: from anywhere]",
)
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
    hint = f"`scandispatch scanner new-key {shlex.quote(name)}` makes another key for it"
    check_free(api, "scanner", name, hint=hint)
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
        show_key(made, api.connection.url)


@click.command(
    "list", epilog=examples("scandispatch scanner list", "scandispatch scanner list --json")
)
@json_option
@operator
def show_all(api: ApiClient, *, as_json: bool) -> None:
    """List the scanners: which are online, what they have in hand, and how fast they may be."""
    scanners = list(api.each("/api/scanners", limit=100))
    if as_json:
        print_json(scanners)
        return
    groups = names_of(api, "group") if any(one["groupIds"] for one in scanners) else {}
    print_table(
        (
            "ID",
            "NAME",
            "STATUS",
            "LAST SEEN",
            "TASKS",
            "ADDRESSES",
            "PROBES/S",
            "GROUPS",
            "ENGINES",
        ),
        [_row(one, groups) for one in scanners],
        empty="no scanner yet: make one with `scandispatch scanner create NAME`",
    )


def _row(one: Document, groups: dict[int, str]) -> tuple[object, ...]:
    use = one["inUse"]
    return (
        one["scannerId"],
        one["name"],
        one["status"],
        when(one["lastSeenAt"]) or "never",
        _share(use["tasks"], one["taskCapacity"]),
        _share(use["targets"], one["targetCapacity"]),
        one["maxProbesPerSecond"],
        [groups.get(group, group) for group in one["groupIds"]],
        one["engines"],
    )


def _share(used: int, capacity: int | None) -> str:
    return f"{used} of {capacity}" if capacity else str(used)


scanner = click.Group(
    "scanner",
    commands=[create, show_all, drain, enable, disable, new_key, delete],
    help="Register scanners, and see how they are.",
)
