"""The processes of the demo: the server and three agents, each a real `scandispatch`.

None outlives the demo, however the demo ends: see `cli.children`.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.children import end, spawn
from cli.client import ApiClient, Document
from cli.connection import find_connection
from cli.errors import CliError
from dispatch.settings import Settings

SCANDISPATCH = str(Path(sys.executable).with_name("scandispatch"))
DATA = "data"
SLOTS = 3  # tasks that an agent works on at once
STOP_SECONDS = 8.0
READY_SECONDS = 30
LOOK_SECONDS = 0.1
QUICK = {  # a lost lease comes back within seconds
    "CLAIM_SECONDS": 6,
    "LEASE_SECONDS": 6,
    "HEARTBEAT_SECONDS": 2,
    "SWEEP_SECONDS": 1,
    "IDLE_RETRY_SECONDS": 1,
}
FROM_OUTSIDE = (*(name.upper() for name in Settings.__dataclass_fields__), "SCANDISPATCH_API_KEY")


@dataclass(frozen=True, slots=True)
class Agent:
    """A scanner that is at work: who it is to the server, and its process here."""

    name: str
    scanner_id: int
    process: subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Audit:
    """What `scandispatch audit` said."""

    is_clean: bool
    said: str


@contextlib.contextmanager
def running(log: Path, *arguments: str, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run `scandispatch` with `arguments` and nothing but `settings` from outside."""
    unset = [word for name in FROM_OUTSIDE for word in ("-u", name)]
    command = ["env", *unset, *(f"{name}={value}" for name, value in settings.items())]
    with log.open("wb") as output:
        process = spawn([*command, SCANDISPATCH, *arguments], output=output)
    try:
        yield process
    finally:
        end(process, STOP_SECONDS)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[ApiClient]:
    """Run a server with its data in `folder`; give the client of its operator."""
    log = folder / "up.log"
    where = ("--port", "0", "--data", str(folder / DATA))
    with running(log, "up", *where, "--workers", "2", **QUICK) as process:
        _wait_until(lambda: _is_ready(process, folder), what="the server", log=log)
        with ApiClient(find_connection(None, None, folder / DATA)) as api:
            yield api


def register(api: ApiClient, name: str) -> Document:
    """Make a scanner; return it with its key."""
    return api.post("/api/scanners", {"name": name, "taskCapacity": SLOTS})


@contextlib.contextmanager
def agent(api: ApiClient, scanner: Document, folder: Path) -> Iterator[Agent]:
    """Run the agent of `scanner`, whose key is in that answer to its creation."""
    name = scanner["name"]
    key = folder / f"{name}.key"
    key.touch(mode=0o600)
    key.write_text(scanner["apiKey"], encoding="ascii")
    arguments = ["--url", api.connection.url, "--api-key-file", str(key)]
    spool = ["--spool", str(folder / f"{name}.spool"), "--slots", str(SLOTS)]
    with running(folder / f"{name}.log", "agent", *arguments, *spool) as process:
        yield Agent(name, scanner["scannerId"], process)


def wait_for_agents(api: ApiClient, agents: Sequence[Agent], folder: Path) -> None:
    """Wait until the server has heard of every agent; raise CliError."""
    for one in agents:
        path = f"/api/scanners/{one.scanner_id}"
        _wait_until(
            lambda path=path: api.get(path)["status"] == "online",  # type: ignore[misc]
            what=f"agent {one.name}",
            log=folder / f"{one.name}.log",
        )


def audit(folder: Path) -> Audit:
    """Have the store recounted."""
    log = folder / "audit.log"
    with running(log, "audit", "--data", str(folder / DATA)) as process:
        _wait_until(lambda: process.poll() is not None, what="the audit", log=log)
    return Audit(is_clean=process.returncode == 0, said=_last_words(log))


def _wait_until(done: Callable[[], bool], *, what: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise CliError(f"{what} was not ready in {READY_SECONDS} s:\n{_last_words(log)}")
        time.sleep(LOOK_SECONDS)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _is_ready(process: subprocess.Popen[bytes], folder: Path) -> bool:
    if process.poll() is not None:
        raise CliError(f"the server ended by itself:\n{_last_words(folder / 'up.log')}")
    try:
        with ApiClient(find_connection(None, None, folder / DATA), tries=1) as api:
            api.get("/api/scanners", limit=1)
    except CliError:
        return False
    return True
