"""`scandispatch init`: the first admin token of a store."""

from pathlib import Path

import click
import redis

from cli.data_folder import DataFolder
from cli.environment import settings_with_store
from cli.errors import Refused, Unavailable
from cli.options import data_option, examples
from dispatch.settings import Settings
from dispatch.wiring import open_dispatch
from domain.errors import DispatchError


@click.command(epilog=examples("REDIS_URL=redis://store:6379/0 scandispatch init"))
@data_option
def init(data: Path) -> None:
    """Make the first admin token of a store, and print it: once, and never again.

    The store is that of REDIS_URL, or the one of the `scandispatch up` that runs on the data
    folder. A server started with `up`, or with BOOTSTRAP_ADMIN_TOKEN, needs no `init`.
    """
    settings = settings_with_store(data)
    _check_needed(settings, DataFolder(data))
    dispatch = open_dispatch(settings)
    try:
        token = dispatch.tokens.create_first_admin()
    except DispatchError as problem:
        raise Refused(problem.detail) from problem
    except redis.RedisError as problem:
        raise Unavailable(f"the store does not answer: {problem}") from problem
    click.echo(token)


def _check_needed(settings: Settings, folder: DataFolder) -> None:
    """Raise Refused where the store's first admin token is known already."""
    if settings.bootstrap_admin_token is not None:
        raise Refused("the first admin token is the one in BOOTSTRAP_ADMIN_TOKEN")
    if folder.operator_file.exists() and folder.store_url() == settings.redis_url:
        raise Refused(f"`scandispatch up` has made it: the token is in {folder.operator_file}")
