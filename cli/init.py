"""`scandispatch init`: the first admin token of a store."""

from pathlib import Path

import click
import redis

from cli.environment import settings_with_store
from cli.errors import CliError, Unavailable
from cli.options import data_option, examples
from dispatch.wiring import open_dispatch
from domain.errors import DispatchError


@click.command(epilog=examples("REDIS_URL=redis://store:6379/0 scandispatch init"))
@data_option
def init(data: Path) -> None:
    """Make the first admin token of a store, and print it: once, and never again.

    The store is that of REDIS_URL, or the one of the `scandispatch up` that runs on the data
    folder. A server started with `up` needs no `init`.
    """
    dispatch = open_dispatch(settings_with_store(data))
    try:
        token = dispatch.tokens.create_first_admin()
    except DispatchError as problem:
        raise CliError(problem.detail) from problem
    except redis.RedisError as problem:
        raise Unavailable(f"the store does not answer: {problem}") from problem
    click.echo(token)
