"""`scandispatch audit`: recount the store, and say what does not add up."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import redis

from cli.environment import settings_with_store
from cli.errors import CliError, Unavailable
from cli.options import data_option, examples, json_option
from cli.output import print_json, print_table
from dispatch.wiring import open_dispatch
from queues.audit import Discrepancy


@click.command(
    epilog=examples(
        "scandispatch audit", "REDIS_URL=redis://store:6379/0 scandispatch audit --json"
    )
)
@data_option
@json_option
def audit(*, data: Path, as_json: bool) -> None:
    """Recount the store, and say what does not add up.

    The store is that of REDIS_URL, or the one of the `scandispatch up` that runs on the data
    folder. Scanning may go on: a difference counts only if a second look confirms it.
    """
    dispatch = open_dispatch(settings_with_store(data))
    try:
        found = dispatch.audit.run()
    except redis.RedisError as problem:
        raise Unavailable(f"the store does not answer: {problem}") from problem
    finally:
        dispatch.client.close()
    (_print_json if as_json else _print)(found, dispatch.audit.counted)
    if found:
        raise CliError("the store does not add up", hint="please report this, with its data folder")


def _print(found: Sequence[Discrepancy], counted: Mapping[str, int]) -> None:
    if found:
        rows = [(one.kind, one.subject, one.message) for one in found]
        print_table(("KIND", "WHOSE", "WHAT"), rows)
    else:
        told = ", ".join(f"{what} {count}" for what, count in sorted(counted.items()))
        click.echo(f"the audit is clean; recounted: {told or 'nothing'}")


def _print_json(found: Sequence[Discrepancy], counted: Mapping[str, int]) -> None:
    rows = [dataclasses.asdict(one) for one in found]
    print_json({"counted": dict(counted), "discrepancies": rows})
