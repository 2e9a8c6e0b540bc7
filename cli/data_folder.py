"""The data folder of `scandispatch up`: its lock, the operator's file, and where the store is."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.connection import OPERATOR_FILE
from cli.errors import CliError

STORE_FILE = "store.json"
_LOCK_FILE = "lock"
_LOCK_SECONDS = 2.0  # what was killed a moment ago takes a moment to go
_LOOK_SECONDS = 0.05
_TOKEN_BYTES = 32


class DataFolder:
    """One folder, of one `up` at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Make the folder and hold its lock; yield the lock's file descriptor.

        A process that inherits the descriptor holds the lock too, until it ends.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise CliError(f"the data folder {self.path} cannot be used: {problem}") from problem
        try:
            self._take(lock)
            yield lock
        finally:
            os.close(lock)

    @property
    def operator_file(self) -> Path:
        """Where `up` leaves the operator's token."""
        return self.path / OPERATOR_FILE

    def operator_token(self) -> str:
        """The token left by an earlier start, else a new one."""
        return self._read(OPERATOR_FILE, "token") or secrets.token_urlsafe(_TOKEN_BYTES)

    def leave_operator(self, url: str, token: str) -> Path:
        """Leave the server's URL and the operator's token for the command line; the file's path."""
        return self._write(OPERATOR_FILE, {"url": url, "token": token})

    def leave_store(self, url: str) -> None:
        """Leave the store's URL for `audit` and `init`."""
        self._write(STORE_FILE, {"url": url})

    def store_url(self) -> str | None:
        """The URL of the store of the `up` that runs, or last ran, here."""
        return self._read(STORE_FILE, "url")

    def _take(self, lock: int) -> None:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                if time.monotonic() > deadline:
                    raise CliError(
                        f"another `scandispatch up` runs on {self.path} "
                        f"(process {os.pread(lock, 20, 0).decode() or 'unknown'})",
                        hint="stop it first, or give this one another folder with --data",
                    ) from problem
                time.sleep(_LOOK_SECONDS)
            else:
                os.truncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
                return

    def _read(self, name: str, key: str) -> str | None:
        path = self.path / name
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))[key])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise CliError(
                f"{path} cannot be read: {problem!r}", hint="delete it, and it is made anew"
            ) from problem

    def _write(self, name: str, content: Mapping[str, str]) -> Path:
        """Write a file of mode 0600 whole: whoever reads it sees the old one or the new one."""
        path, fresh = self.path / name, self.path / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(json.dumps(content) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return path
