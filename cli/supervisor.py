"""Keeps a set of processes running, and ends them all in good time."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from cli.children import reap

_log = structlog.get_logger(__name__)

_STEADY_SECONDS = 10.0  # one that ran so long and then ends is started again at once
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_STOP_SECONDS = 3.0
_LAST_STOP_SECONDS = 0.7  # five seconds less these are for a machine that is busy


class EndedError(RuntimeError):
    """A process ended that was to run."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the whole: how it is called, how it is started, whether it is ended last."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    ends_last: bool = False


class Kept:
    """A part that is started again when it ends: at once, then after ever longer pauses."""

    def __init__(self, part: Part, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.part = part
        self.process = part.start()
        self._clock = clock
        self._started_at = clock()
        self._quick_ends = 0
        self._due_at: float | None = None

    def look(self) -> None:
        """Note that the process ended, or start it again when that is due."""
        if self._due_at is not None:
            if self._clock() >= self._due_at:
                self._start()
        elif self.process.poll() is not None:
            self._ended()

    def _ended(self) -> None:
        steady = self._clock() - self._started_at >= _STEADY_SECONDS
        pause = 0.0 if steady else pause_seconds(self._quick_ends)
        self._quick_ends = 0 if steady else self._quick_ends + 1
        self._due_at = self._clock() + pause
        _log.warning(
            "a process ended, starting it again",
            action="process_ended",
            process=self.part.name,
            ended=how_ended(self.process),
            pause_seconds=pause,
        )

    def _start(self) -> None:
        reap(self.process, 0)
        self.process = self.part.start()
        self._started_at = self._clock()
        self._due_at = None


class Supervisor:
    """Starts parts in order, keeps them running, ends them; the last ones last."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []

    def start(self, part: Part) -> None:
        """Start one more part."""
        self._kept.append(Kept(part))

    def look(self) -> None:
        """Start again what ended."""
        for each in self._kept:
            each.look()

    def check(self) -> None:
        """Raise `EndedError` if a process has ended."""
        for each in self._kept:
            if each.process.poll() is not None:
                raise EndedError(f"the {each.part.name} ended at once ({how_ended(each.process)})")

    def stop(self) -> None:
        """End everything within five seconds: ask, and kill what does not go."""
        _end_all([k.process for k in self._kept if not k.part.ends_last], _STOP_SECONDS)
        _end_all([k.process for k in self._kept if k.part.ends_last], _LAST_STOP_SECONDS)


def pause_seconds(quick_ends: int) -> float:
    """How long to wait before the next start, after so many quick ends in a row."""
    if not quick_ends:
        return 0.0
    return min(_FIRST_PAUSE_SECONDS * 2.0 ** min(quick_ends - 1, 10), _LONGEST_PAUSE_SECONDS)


def how_ended(process: subprocess.Popen[bytes]) -> str:
    """How a process ended, for people."""
    status = process.returncode
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def _end_all(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        process.terminate()
    for process in processes:
        reap(process, deadline - time.monotonic())
