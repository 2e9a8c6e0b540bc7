"""The connections of requests that wait, and how: here, for a word, unless the server knows better.

Who hangs up is noticed by one look a second at all of them, with poll(2) itself: gevent's own would
make a watcher for each. Bytes that a client sends ahead are not looked for, so they hide nothing.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from gevent.monkey import get_original

from dispatch.parking import Line
from dispatch.waiters import Waiter

LINE = "scandispatch.line"  # where a server puts its own
LOOK_SECONDS = 1.0
_HUNG_UP = getattr(select, "POLLRDHUP", 0)  # POLLHUP and POLLERR are told in any case
_poll = get_original("select", "poll")
_SOCKETS = ("gunicorn.socket", "werkzeug.socket")

Hangup = Callable[[], None]


class Lines:
    """The connections of one process whose requests wait."""

    def __init__(self, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._look_seconds = look_seconds
        self._poll = _poll()
        self._watched: dict[int, Hangup] = {}
        self._lock = threading.Lock()
        self._looking = False

    def watch(self, line: int, hung_up: Hangup) -> None:
        """Say, once, when the client of this file descriptor has hung up."""
        with self._lock:
            self._watched[line] = hung_up
            self._poll.register(line, _HUNG_UP)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look_on, name="lines", daemon=True).start()

    def forget(self, line: int) -> None:
        """Look at it no more; to be called before it is closed."""
        with self._lock:
            if self._watched.pop(line, None):
                self._poll.unregister(line)

    @contextmanager
    def watched(self, line: int, hung_up: Hangup) -> Iterator[None]:
        """Watch it for a while."""
        self.watch(line, hung_up)
        try:
            yield
        finally:
            self.forget(line)

    def look(self) -> None:
        """Tell of those that have hung up by now."""
        with self._lock:
            gone = [line for line, _ in self._poll.poll(0)]
            told = [self._watched.pop(line) for line in gone]
            for line in gone:
                self._poll.unregister(line)
        for hung_up in told:
            hung_up()

    def _look_on(self) -> None:
        while True:
            time.sleep(self._look_seconds)
            self.look()


def has_hung_up(line: int) -> bool:
    """Whether the client of this file descriptor has hung up by now."""
    look = _poll()
    look.register(line, _HUNG_UP)
    return bool(look.poll(0))


@cache
def lines() -> Lines:
    """Those of this process."""
    return Lines()


class Here:
    """A request that waits where it is, in its thread."""

    waiter: Waiter | None = None

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def rest(self, waiter: Waiter, seconds: float) -> bool:
        """Wait for a word, up to `seconds`."""
        word = threading.Event()
        waiter.on_word(word.set)
        sockets = [self._environ[name] for name in _SOCKETS if name in self._environ]
        if not sockets:
            word.wait(seconds)
            return True
        line = sockets[0].fileno()
        with lines().watched(line, waiter.leave):
            word.wait(seconds)
        if has_hung_up(line):
            waiter.leave()
        return True


def line_of(environ: dict[str, Any]) -> Line:
    """The line of a request."""
    if LINE in environ:
        line: Line = environ[LINE]
        return line
    return Here(environ)
