"""The servers that are measured: the product, as `up` runs it, and the bare Flask views."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from benchmarks import processes
from cli.children import end, spawn
from cli.client import ApiClient
from cli.connection import Connection, find_connection
from cli.data_folder import DataFolder
from cli.embedded import EmbeddedStore
from cli.errors import CliError
from cli.listener import listen
from cli.readiness import wait_until_ready
from demo import fleet

HERE = Path(__file__).parent
WORKERS = 2
READY_SECONDS = 60.0
LOOK_SECONDS = 0.1
STOP_SECONDS = 8.0
QUIET = {"SWEEP_SECONDS": 3600}  # where upkeep is not what is measured
PATIENT = {"CLAIM_SECONDS": 3600, "LEASE_SECONDS": 3600, "STALL_SECONDS": 7200}


@dataclass(frozen=True)
class Server:
    """A server that runs. root: the process that all of its processes are below."""

    port: int
    store_url: str
    root: int
    operator: Connection | None = None

    host = "127.0.0.1"

    @property
    def workers(self) -> list[int]:
        """The gunicorn processes that answer requests."""
        everyone = [pid for pid in processes.family(self.root) if _is_gunicorn(pid)]
        return [pid for pid in everyone if not any(map(_is_gunicorn, processes.children(pid)))]

    @contextmanager
    def api(self) -> Iterator[ApiClient]:
        """The client of its operator."""
        assert self.operator is not None
        with ApiClient(self.operator) as client:
            yield client

    @contextmanager
    def store(self) -> Iterator[redis.Redis]:
        """A client of its store."""
        with redis.Redis.from_url(self.store_url, decode_responses=True) as client:
            yield client


def _is_gunicorn(pid: int) -> bool:
    return "gunicorn" in processes.command(pid)


@contextmanager
def product(*, workers: int | None = WORKERS, **settings: int) -> Iterator[Server]:
    """All that `scandispatch up` runs; with default settings but these.

    workers: gevent processes; None: as many as it starts by itself on this machine.
    """
    with TemporaryDirectory() as name:
        data, log = Path(name) / "data", Path(name) / "up.log"
        chosen = () if workers is None else ("--workers", str(workers))
        options = ("--port", "0", "--data", str(data), *chosen)
        with fleet.running(log, "up", *options, **settings) as process:
            operator = _operator(data, log)
            url = DataFolder(data).store_url()
            assert url is not None
            yield Server(int(operator.url.rpartition(":")[2]), url, process.pid, operator)


def _operator(data: Path, log: Path) -> Connection:
    """The operator's way in, once the server answers."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            operator = find_connection(None, None, data)
            with ApiClient(operator, tries=1) as api:
                api.get("/api/scanners", limit=1)
        except CliError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(LOOK_SECONDS)
        else:
            return operator


@contextmanager
def bare() -> Iterator[Server]:
    """The views of bare_app.py, under gunicorn's own gevent worker, with a store of their own."""
    with (
        TemporaryDirectory() as name,
        EmbeddedStore(Path(name) / "data") as store,
        listen("127.0.0.1", 0) as listener,
        (Path(name) / "log").open("wb") as log,
    ):
        bound = listener.fileno()
        process = spawn(
            [
                *(sys.executable, "-m", "gunicorn", "--config", str(HERE / "bare_gunicorn.py")),
                *("--bind", f"fd://{bound}", "--workers", str(WORKERS), "benchmarks.bare_app:app"),
            ],
            environ={"REDIS_URL": store.url},
            cwd=HERE.parent,
            pass_fds=[bound],
            output=log,
        )
        try:
            port = listener.getsockname()[1]
            wait_until_ready(f"http://127.0.0.1:{port}/constant", lambda: None)
            yield Server(port, store.url, process.pid)
        finally:
            end(process, STOP_SECONDS)
