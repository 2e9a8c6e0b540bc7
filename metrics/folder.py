"""The private folder in which the processes of one gunicorn keep what they count, while it lives.

Its lock is held by those very processes. So the folder of a gunicorn that was killed can be told
from one in use, and the next gunicorn that starts removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "scandispatch-metrics-"
_UNLOCKED = ".new"


class CountsFolder:
    """A new, empty folder below `parent` that only this user may enter.

    It is locked first and named afterwards, so that nobody takes it for one that was left behind.
    """

    def __init__(self, parent: Path) -> None:
        _remove_abandoned(parent)
        unnamed = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=_UNLOCKED, dir=parent))
        self._lock = os.open(unnamed, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = unnamed.rename(unnamed.with_suffix(""))

    def remove(self) -> None:
        """Remove it, with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.suffix != _UNLOCKED:
            with suppress(OSError):  # in use, another user's, or removed by somebody else just now
                _remove_if_free(folder)


def _remove_if_free(folder: Path) -> None:
    """Raises OSError where it is locked, or not ours."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
    finally:
        os.close(lock)
