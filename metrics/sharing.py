"""Lets the processes of one gunicorn count together: what gunicorn.conf.py does for /metrics.

Each process writes its numbers into files of its own in one folder, and whichever answers a scrape
adds them all up. The files are named for the process's slot, the lowest number that no running
process has, and not for its process id: who comes after a dead process counts on in its files, so
that no total falls, and there are never more files than processes ran at once.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, values
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from metrics.folder import CountsFolder

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus_client looks for the folder

_joined: list[Path] = []  # the folder, in a process that counts together with others


def begin(arbiter: Any, parent: str | None) -> None:
    """Make the folder of this gunicorn, below `parent` or where temporary files are."""
    arbiter.counts = CountsFolder(Path(parent or tempfile.gettempdir()))


def take_slot(arbiter: Any, worker: Any) -> None:
    """Give a process that is about to be forked its slot."""
    taken = {other.slot for other in arbiter.WORKERS.values()}
    worker.slot = next(slot for slot in count() if slot not in taken)


def join(arbiter: Any, worker: Any) -> None:
    """Count together with the others from now on; in the new process, before its app is made."""
    os.environ[_FOLDER_VARIABLE] = str(arbiter.counts.path)
    values.ValueClass = _unguarded(values.MultiProcessValue(lambda: worker.slot))  # type: ignore[no-untyped-call]  # theirs
    _joined[:] = [arbiter.counts.path]


def _unguarded(value: Any) -> Any:
    """Their value, that counts without a lock and without a look whether its process has forked.

    Greenlets do not interrupt each other there, and a process that counts has no children.
    """

    class Unguarded(value):  # type: ignore[misc]  # made by a function of theirs
        def inc(self, amount: float) -> None:
            self._value += amount
            self._file.write_value(self._key, self._value, 0.0)

    return Unguarded


def leave(arbiter: Any, worker: Any) -> None:
    """A process is dead: what it alone had, such as parked polls, is no more; its totals stay."""
    mark_process_dead(worker.slot, arbiter.counts.path)  # type: ignore[no-untyped-call]  # theirs


def end(arbiter: Any) -> None:
    """Remove the folder."""
    arbiter.counts.remove()


def register_shared(registry: CollectorRegistry) -> bool:
    """Have the registry show the sums over all processes; False where this one counts alone."""
    for folder in _joined:
        registry.register(SharedCounts(folder))
    return bool(_joined)


class SharedCounts(Collector):
    """What all processes have counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        files = [str(file) for file in self._folder.glob("*.db") if _is_begun(file)]
        return MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call,no-any-return]  # theirs


def _is_begun(file: Path) -> bool:
    """A process that starts makes its files before it gives them their size."""
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False  # its process has just died
