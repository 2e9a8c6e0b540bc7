"""`scandispatch queues`: what waits where, and what is in use."""

import click

from cli.client import ApiClient, Document
from cli.options import examples, json_option, operator
from cli.output import print_json, print_table

SHOWN = 5  # scans named in a cell of the table


@click.command(epilog=examples("scandispatch queues", "scandispatch queues --json"))
@json_option
@operator
def queues(api: ApiClient, *, as_json: bool) -> None:
    """Show the queue of every scanner and every group: scans in work, and those that wait."""
    found = list(api.each("/api/queues", limit=100))
    if as_json:
        print_json(found)
        return
    print_table(
        ("QUEUE", "NAME", "ONLINE", "TASKS", "SCANS AT ONCE", "IN WORK", "WAITING"),
        [_row(one) for one in found],
        empty="no queue yet: make a scanner with `scandispatch scanner create NAME`",
    )


def _row(one: Document) -> tuple[object, ...]:
    use = one["inUse"]
    return (
        one["kind"],
        one["name"],
        one["scannersOnline"],
        f"{use['tasks']} of {one['taskCapacity']}" if use else f"slots: {one['taskSlots']}",
        one["jobCapacity"],
        _some(one["active"], len(one["active"])),
        _some(one["waiting"], one["waitingCount"]),
    )


def _some(scans: list[int], count: int) -> str:
    named = ", ".join(map(str, scans[:SHOWN]))
    return f"{named} and {count - SHOWN} more" if count > SHOWN else named
