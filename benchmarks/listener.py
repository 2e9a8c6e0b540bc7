"""Counts probes where they arrive: a process that accepts on many ports and notes when."""

from __future__ import annotations

import gc
import multiprocessing
import select
import socket
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

_BACKLOG = 1024
_READY_SECONDS = 10.0
_IDLE_SECONDS = 0.2


@dataclass(frozen=True)
class Arrivals:
    """Moments at which connects arrived, in order, by the clock `time.monotonic`."""

    times: Sequence[float]

    def most_within(self, seconds: float) -> int:
        """The most arrivals in any window of so many seconds."""
        return max(
            (bisect_left(self.times, t + seconds) - n for n, t in enumerate(self.times)), default=0
        )

    def extremes(self, seconds: float) -> tuple[int, int]:
        """The fewest and the most arrivals in windows of so many seconds, while there was work."""
        starts = [t for t in self.times if t + seconds <= self.times[-1]]
        counts = [bisect_left(self.times, t + seconds) - n for n, t in enumerate(starts)]
        return (min(counts), max(counts)) if counts else (0, 0)

    def by_second(self) -> list[int]:
        """Arrivals in each second from the first on."""
        counts = Counter(int(t - self.times[0]) for t in self.times)
        return [counts[second] for second in range(int(self.busy_seconds) + 1)]

    @property
    def busy_seconds(self) -> float:
        """From the first to the last."""
        return self.times[-1] - self.times[0] if self.times else 0.0

    @property
    def mean(self) -> float:
        """Arrivals a second from the first to the last."""
        return (len(self.times) - 1) / self.busy_seconds if self.busy_seconds else 0.0


@dataclass(frozen=True)
class Listener:
    """The process, while it runs."""

    ports: Sequence[int]
    _pipe: Connection

    def stop(self) -> Arrivals:
        """What arrived until now; it counts no more."""
        self._pipe.send("stop")
        times = array("d")
        times.frombytes(self._pipe.recv_bytes())
        return Arrivals(times)


@contextmanager
def listening(*, ports: int) -> Iterator[Listener]:
    """So many free ports, open on every address of this machine."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_listen, args=(ports, theirs), daemon=True
    )
    process.start()
    try:
        assert ours.poll(_READY_SECONDS), "the listener did not start"
        yield Listener(ours.recv(), ours)
    finally:
        process.kill()


def _listen(ports: int, pipe: Connection) -> None:
    sockets = [socket.create_server(("0.0.0.0", 0), backlog=_BACKLOG) for _ in range(ports)]  # noqa: S104 - all of 127.0.0.0/8
    by_number = {each.fileno(): each for each in sockets}
    poll = select.epoll()
    for each in sockets:
        each.setblocking(False)  # noqa: FBT003 - the socket module's own
        poll.register(each, select.EPOLLIN)
    poll.register(pipe, select.EPOLLIN)
    pipe.send([each.getsockname()[1] for each in sockets])
    times = array("d")
    gc.disable()
    while not pipe.poll():
        for number, _ in poll.poll(_IDLE_SECONDS):
            if number in by_number:
                _accept_all(by_number[number], times)
    pipe.send_bytes(times.tobytes())


def _accept_all(listener: socket.socket, times: array[float]) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:  # no more, or one that hung up already
            return
        times.append(time.monotonic())
        accepted.close()
