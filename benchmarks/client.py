"""The client of every measurement: many talks at once over keep-alive connections, in one process.

A talk is a generator that belongs to one connection. It yields a request (bytes) and is sent its
answer, or yields seconds (a float) and is sent None when they are over; it ends by itself. `wrk`
has no talks: it cannot report on the job that it was just given.
"""

from __future__ import annotations

import gc
import heapq
import select
import socket
import time
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.wire import Answer, read

Talk = Generator[bytes | float, Any, None]
CHUNK_BYTES = 262_144
SECONDS_AT_MOST, LOOK_SECONDS = 600.0, 5.0
clock = time.perf_counter


@dataclass
class Tally:
    """What the talks came to. times: seconds from each request to its answer, as they came."""

    seconds: float = 0.0
    times: array[float] = field(default_factory=lambda: array("d"))

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


class _Line:
    """One connection, and the talk that is held over it."""

    __slots__ = ("asked", "asked_at", "received", "socket", "talk")

    def __init__(self, connection: socket.socket, talk: Talk) -> None:
        self.socket, self.talk = connection, talk
        self.received = b""
        self.asked, self.asked_at = False, 0.0

    def ask(self, request: bytes) -> None:
        self.asked, self.asked_at = True, clock()
        self.socket.sendall(request)

    def answer(self) -> Answer | None:
        """What came, once it is whole."""
        more = self.socket.recv(CHUNK_BYTES)
        if not more:
            raise ConnectionError(f"the server hung up after {clock() - self.asked_at:.3f} s")
        self.received = self.received + more if self.received else more
        whole = read(self.received)
        if whole is not None:
            self.received, self.asked = b"", False
        return whole


class _Exchange:
    """All talks of one measurement, until those that lead have ended."""

    def __init__(self, lines: Sequence[_Line], leading: int) -> None:
        self.lines = {line.socket.fileno(): line for line in lines}
        self.leaders = {line.socket.fileno() for line in lines[:leading]}
        self.tally = Tally()
        self.sleepers: list[tuple[float, int]] = []
        self.poll = select.epoll()
        self.begun: set[int] = set()  # lines on which something was asked

    def hold(self) -> Tally:
        began = clock()
        for number in self.lines:
            self.go_on(number, None)
        while self.leaders:
            assert clock() < began + SECONDS_AT_MOST, "the talks do not end"
            for number, _ in self.poll.poll(self.patience()):
                self.hear(number)
            while self.sleepers and self.sleepers[0][0] <= clock():
                self.go_on(heapq.heappop(self.sleepers)[1], None)
        self.poll.close()
        self.tally.seconds = clock() - began
        return self.tally

    def hear(self, number: int) -> None:
        line = self.lines[number]
        if not line.asked:  # the server hung up on a talk that has long said nothing
            self.poll.unregister(number)
            return
        answer = line.answer()
        if answer is not None:
            self.tally.times.append(clock() - line.asked_at)
            self.go_on(number, answer)

    def patience(self) -> float:
        due_in = self.sleepers[0][0] - clock() if self.sleepers else LOOK_SECONDS
        return max(0.0, min(due_in, LOOK_SECONDS))

    def go_on(self, number: int, answer: Answer | None) -> None:
        line = self.lines[number]
        try:
            said = line.talk.send(answer)
        except StopIteration:
            self.leaders.discard(number)
            return
        if isinstance(said, bytes):
            line.ask(said)
            if number not in self.begun:
                self.begun.add(number)
                self.poll.register(number, select.EPOLLIN)
        else:
            heapq.heappush(self.sleepers, (clock() + said, number))


def converse(
    connections: Sequence[socket.socket], talks: Sequence[Talk], *, leading: int | None = None
) -> Tally:
    """Hold each talk over its connection, all of them at once, until the last has ended.

    leading: only the first so many talks are waited for; then the others are left as they are.
    """
    lines = [_Line(*pair) for pair in zip(connections, talks, strict=True)]
    with _no_collecting():
        return _Exchange(lines, len(lines) if leading is None else leading).hold()


@contextmanager
def _no_collecting() -> Iterator[None]:
    """No pause of the garbage collector counts as the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def repeat(request: bytes, *, until: float) -> Talk:
    """The same request until that moment of the clock."""
    while clock() < until:
        answer = yield request
        assert answer.status == 200, answer


def say(requests: Sequence[bytes], answers: list[Answer] | None = None) -> Talk:
    """Each of the requests once; the answers are kept where there is a list for them."""
    for request in requests:
        answer = yield request
        assert answer.status == 200, answer
        if answers is not None:
            answers.append(answer)
