"""A real `scandispatch up` for the tests: started, asked, watched through /proc, and ended."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

UP = (sys.executable, "-m", "cli.main", "up")
ROOT = Path(__file__).resolve().parent.parent.parent
LOOK_SECONDS = 0.05
OURS = ("REDIS_URL", "RQ_REDIS_URL", "BOOTSTRAP_ADMIN_TOKEN", "LOG_FORMAT")


@dataclass(frozen=True)
class Process:
    """A running process, by what it was started as."""

    pid: int
    parent: int
    command: str

    @property
    def role(self) -> str:
        """What it is for: store, ingest, worker or ticker."""
        if "valkey-server" in self.command or "redis-server" in self.command:
            return "store"
        return "ingest" if "gunicorn" in self.command else self.command.split()[-1]


class RunningUp:
    """`scandispatch up` on a data folder and a free port."""

    def __init__(
        self, data: Path, *options: str, command: tuple[str, ...] = UP, **environ: str
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        self.data = data
        data.parent.mkdir(parents=True, exist_ok=True)
        self.log = data.with_name(f"{data.name}.log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - ours
                [*command, "--data", str(data), "--port", "0", *options],
                cwd=ROOT,
                env={**clean, "SWEEP_SECONDS": "1", **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.said = b""

    def wait_until_ready(self) -> Self:
        """Return when it has said that it is ready."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if b"next, in another terminal" in line:
                return self
        self.process.stdout.close()
        raise AssertionError(f"ended with {self.process.wait()}: {self.log.read_text()}")

    @property
    def operator(self) -> dict[str, str]:
        """What it left for the operator."""
        left: dict[str, str] = json.loads((self.data / "operator.json").read_text())
        return left

    @property
    def store_url(self) -> str:
        """Where its store is."""
        return str(json.loads((self.data / "store.json").read_text())["url"])

    def status(self, path: str = "/readyz") -> int:
        """The HTTP status of `path`; 0 when there is no answer."""
        url = urlsplit(self.operator["url"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def family(self) -> list[Process]:
        """All processes below it."""
        return descendants(self.process.pid)

    def one(self, role: str) -> Process:
        """The process of that role that it started itself."""
        (found,) = [
            each for each in self.family() if each.role == role and each.parent == self.process.pid
        ]
        return found

    def signal_and_wait(self, number: signal.Signals, seconds: float = 10) -> float:
        """Send a signal; the seconds until it had ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(seconds)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        return self.wait_until_ready()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def processes() -> list[Process]:
    """Every process of this machine that has not ended."""
    return [found for each in Path("/proc").glob("[0-9]*") if (found := _process(each)) is not None]


def _process(folder: Path) -> Process | None:
    try:
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended while we looked
    return None if state in "ZX" or not command else Process(int(folder.name), int(parent), command)


def descendants(pid: int) -> list[Process]:
    """All processes below `pid`."""
    everyone = processes()
    below = {pid}
    while more := {each.pid for each in everyone if each.parent in below} - below:
        below |= more
    return [each for each in everyone if each.pid in below - {pid}]


def descendants_of_us() -> list[Process]:
    """All processes below the one that runs the tests."""
    return descendants(os.getpid())


def alive(family: list[Process]) -> list[Process]:
    """Those of `family` that still run, whoever their parent is now."""
    now = {(each.pid, each.command) for each in processes()}
    return [each for each in family if (each.pid, each.command) in now]


def eventually(holds: Callable[[], object], *, seconds: float = 15) -> None:
    """Wait until `holds` does; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(LOOK_SECONDS)
