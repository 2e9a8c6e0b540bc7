"""`scandispatch ticker` and `scandispatch worker`: the processes beside the ingest."""

import signal
import sys
from typing import NoReturn

import click

from cli.environment import read_settings
from cli.errors import WrongSettings
from workers.connection import open_rq
from workers.logs import set_up_logging
from workers.ticker import Ticker
from workers.worker import run_worker


@click.command()
def ticker() -> None:
    """Enqueue upkeep every SWEEP_SECONDS. Any number of tickers may run.

    Needs REDIS_URL (or RQ_REDIS_URL), and waits for a store that is away.
    """
    settings = read_settings()
    url = _set(settings.rq_url)
    set_up_logging(settings.log_format)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_rq(url) as client:
        Ticker(client, sweep_seconds=settings.sweep_seconds).run()


@click.command()
def worker() -> NoReturn:
    """Do the upkeep that is enqueued. Any number of workers may run.

    Needs REDIS_URL, and waits for a store that is away. Ends with 1 when it loses the store while
    it works: let it be started again.
    """
    settings = read_settings()
    _set(settings.redis_url)  # what the jobs work on
    url = _set(settings.rq_url)
    set_up_logging(settings.log_format)
    sys.exit(run_worker(url))


def _set(url: str | None) -> str:
    if url is None:
        raise WrongSettings(
            "REDIS_URL is not set",
            hint="`scandispatch up` starts a store of its own, and this process with it",
        )
    return url
