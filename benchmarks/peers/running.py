"""Runs a peer's consumer, and what it needs, and reads the line that it prints."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.children import reap, spawn
from cli.embedded import EmbeddedStore
from dispatch.settings import inherited_environ

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".bench"
SECONDS_AT_MOST = 120
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
DEBIAN = Path("/usr/lib/postgresql")
POSTGRES = "postgres"  # the user of Debian's package; the server does not run as root
AS_LAZY_AS_EVERYSEC = "synchronous_commit=off"


@dataclass
class Peers:
    """The peers, on a store and a cluster of their own; each method gives jobs a second."""

    store_url: str
    cluster: Path
    versions: dict[str, str] = field(default_factory=dict)

    def bullmq(self, jobs: int, in_flight: int) -> float:
        """BullMQ, with so many jobs in flight."""
        socket = self.store_url.removeprefix("unix://")
        consumer = str(HERE / "bullmq_consumer.cjs")
        return self._run("node", consumer, socket, str(jobs), str(in_flight))

    def rq(self, jobs: int) -> float:
        """RQ, without its fork for each job."""
        return self._python("rq", self.store_url, str(jobs))

    def celery(self, jobs: int) -> float:
        """Celery, with its solo pool."""
        return self._python("celery", self.store_url, str(jobs))

    def postgres(self, jobs: int, connections: int) -> float:
        """PostgreSQL, with so many connections in one process."""
        return self._python("postgres", str(self.cluster), str(jobs), str(connections))

    def _python(self, name: str, *arguments: str) -> float:
        python = str(ENVIRONMENTS / name / "bin" / "python")
        return self._run(python, str(HERE / f"{name}_consumer.py"), *arguments)

    def _run(self, *command: str) -> float:
        modules = {"NODE_PATH": str(ENVIRONMENTS / "bullmq" / "node_modules"), "PYTHONPATH": ""}
        done = subprocess.run(  # noqa: S603 - ours
            command,
            env=inherited_environ(modules),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_AT_MOST,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"jobs_a_second"')]
        assert lines, f"{command} said nothing: {done.stderr[-2000:]}"
        said = json.loads(lines[0])
        name, _, number = said["version"].partition(" ")
        self.versions[name] = number
        return float(said["jobs_a_second"])


@contextmanager
def peers() -> Iterator[Peers]:
    """A store that appends to a file as ours does, and a cluster, for the peers."""
    with TemporaryDirectory() as name, EmbeddedStore(Path(name)) as store, _cluster() as cluster:
        yield Peers(store.url, cluster)


@contextmanager
def _cluster() -> Iterator[Path]:
    """A cluster of PostgreSQL that listens on a socket in the folder given, and nowhere else."""
    tools = max(DEBIAN.glob("*/bin"), key=lambda each: int(each.parent.name))
    with TemporaryDirectory() as name:
        folder = Path(name)
        data = str(folder / "data")
        shutil.chown(folder, *_who()[:2])
        _as_postgres(str(tools / "initdb"), "-D", data, "-A", "trust", "-U", POSTGRES, "-E", "UTF8")
        with (folder / "log").open("wb") as log:
            options = ("-k", name, "-c", "listen_addresses=", "-c", AS_LAZY_AS_EVERYSEC)
            server = spawn([*_as(), str(tools / "postgres"), "-D", data, *options], output=log)
        try:
            _wait_for(str(tools / "pg_isready"), name, folder / "log")
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            reap(server, STOP_SECONDS)


def _who() -> tuple[int, int]:
    """Who the cluster belongs to: whoever we are, but for root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    user = pwd.getpwnam(POSTGRES)
    return user.pw_uid, user.pw_gid


def _as() -> list[str]:
    """The words before a command that has it run as that user, and end with us."""
    if os.getuid() != 0:
        return []
    user, group = _who()
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--pdeathsig=INT"]


def _as_postgres(*command: str) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        [*_as(), *command], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _wait_for(tool: str, folder: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while subprocess.run([tool, "-h", folder, "-q"], check=False).returncode != 0:  # noqa: S603 - ours
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
