"""`scandispatch up`: the whole dispatch plane on this machine, from one command.

1. Read the settings; take the data folder's lock; listen on the port. Anything wrong ends it here.
2. Start the embedded store, unless REDIS_URL names another, and wait until it answers.
3. Start the ingest, the worker and the ticker; wait until /readyz answers 200; say so.
4. Start again whatever ends, until told to stop; then end them all, the store last, and say so.
"""

import contextlib
import os
import shlex
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click
import redis

from agent.machine import cpu_count
from cli.data_folder import DataFolder
from cli.embedded import EmbeddedStore, StoreError
from cli.environment import read_settings
from cli.errors import CliError, Unavailable, WrongSettings
from cli.listener import listen, url_of
from cli.options import DATA_FOLDER, Folder, examples
from cli.parts import INGEST, companion_part, ingest_part, store_part
from cli.readiness import wait_until_ready
from cli.supervisor import EndedError, Supervisor
from dispatch.settings import Settings
from workers.connection import open_rq
from workers.logs import set_up_logging

MOST_WORKERS, ENOUGH_WORKERS = 64, 8
_LOOK_SECONDS = 0.1
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

EXIT_CODES = """\b
Exit codes:
  0    told to stop, and stopped
  1    could not start: the port or the data folder is in use, or a process ended
  2    wrong usage, or wrong settings
  4    the store of REDIS_URL does not answer, or the server did not get ready"""


class Stopped(BaseException):
    """A signal asks for the end."""


def workers_for(processors: int) -> int:
    """How many processes are to serve HTTP, where nobody says (decision 023).

    One more would take turns with the store; what eight can ask of it is more than it can do.
    """
    return min(max(1, processors - 1), ENOUGH_WORKERS)


@click.command(
    epilog=examples(
        "scandispatch up",
        "scandispatch up --port 9000 --data /srv/scandispatch",
        exit_codes=EXIT_CODES,
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port to serve on; 0 takes a free one.",
)
@click.option(
    "--data",
    type=Folder(),
    default=DATA_FOLDER,
    show_default=True,
    help="The folder for the store's data and the operator's token; made if it is not there.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=lambda: workers_for(cpu_count()),
    show_default="one less than there are processors, up to 8",
    help="How many processes serve HTTP.",
)
def up(host: str, port: int, data: Path, workers: int) -> None:
    """Run the whole dispatch plane on this machine: store, HTTP server, worker and ticker.

    Without REDIS_URL it runs a store of its own, whose data survives restarts. Ctrl-C or SIGTERM
    ends everything within five seconds.
    """
    settings = read_settings()
    set_up_logging(settings.log_format)
    folder = DataFolder(data)
    with folder.locked() as lock, listen(host, port) as listener:
        Plane(folder, listener, settings=settings, workers=workers).run(lock)
    _leave()


@dataclass(frozen=True)
class Plane:
    """All processes of one dispatch plane; `target` is the WSGI app that the ingest serves."""

    folder: DataFolder
    listener: socket.socket
    settings: Settings
    workers: int
    target: str = INGEST

    def run(self, lock: int) -> None:
        """Run until told to stop."""
        supervisor = Supervisor()
        _handle_stop_signals(_stop)
        try:
            self._start(supervisor, lock)
            while True:
                supervisor.look()
                time.sleep(_LOOK_SECONDS)
        except Stopped:
            return
        except StoreError as problem:
            raise CliError(str(problem)) from problem
        except EndedError as problem:
            raise CliError(str(problem), hint="what it said is above") from problem
        finally:
            _handle_stop_signals(signal.SIG_IGN)
            supervisor.stop()
            if self.settings.redis_url is None:
                EmbeddedStore(self.folder.path).remove_socket()

    def _start(self, supervisor: Supervisor, lock: int) -> None:
        store_url = self._start_store(supervisor, lock)
        url = url_of(self.listener)
        token = self.settings.bootstrap_admin_token or self.folder.operator_token()
        self.folder.leave_store(store_url)
        token_file = self.folder.leave_operator(url, token)
        environ = {"REDIS_URL": store_url, "BOOTSTRAP_ADMIN_TOKEN": token}
        supervisor.start(
            ingest_part(self.listener, workers=self.workers, environ=environ, target=self.target)
        )
        supervisor.start(companion_part("worker", environ=environ))
        supervisor.start(companion_part("ticker", environ=environ))
        wait_until_ready(f"{url}/readyz", supervisor.check)
        self._announce(url, token_file)

    def _start_store(self, supervisor: Supervisor, lock: int) -> str:
        if self.settings.redis_url is not None:
            _check_store(self.settings.redis_url)
            return self.settings.redis_url
        store = EmbeddedStore(self.folder.path, lock_fd=lock)
        supervisor.start(store_part(store))
        store.wait()
        return store.url

    def _announce(self, url: str, token_file: Path) -> None:
        words = ["scandispatch", "scanner", "create", "lab-1"]
        if self.folder.path != DATA_FOLDER.resolve():
            words += ["--data", str(self.folder.path)]
        click.echo(f"Scan Dispatch is ready on {url}")
        click.echo(f"  the operator's token is in {shlex.quote(str(token_file))}")
        click.echo(f"  next, in another terminal: {shlex.join(words)}")


def _check_store(url: str) -> None:
    try:
        with open_rq(url) as client:
            client.ping()
    except redis.RedisError as problem:
        raise Unavailable(f"the store of REDIS_URL does not answer: {problem}") from problem
    except (ValueError, TypeError) as problem:  # what redis-py makes of a URL's options
        raise WrongSettings(f"REDIS_URL cannot be used: {problem}") from problem


def _leave() -> NoReturn:
    """Say that all has ended, and end, without the time that an interpreter takes to close down."""
    with contextlib.suppress(OSError):  # after a SIGHUP the terminal may be gone
        click.echo("Scan Dispatch has stopped", err=True)
    os._exit(0)


def _stop(*_: object) -> None:
    _handle_stop_signals(signal.SIG_IGN)
    raise Stopped


def _handle_stop_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    """Handle them so, but go on ignoring one that is ignored: nohup asks for that."""
    for number in _STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
