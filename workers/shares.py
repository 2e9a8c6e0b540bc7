"""Connections evenly over the workers of one gunicorn, which all accept from one socket.

The system wakes every worker for each new connection, and whoever is quickest has it. Of 64 that
came at once, one worker of two was seen to take all. So a worker that has more than another leaves
a new one alone for a moment, and takes it if nobody else has by then.
"""

import mmap
from collections.abc import Callable
from typing import Any

from gevent.server import StreamServer

MOST_WORKERS = 64  # those beyond take what comes
HOLD_BACK_SECONDS = 0.005
_NO_WORKER = -1


class Shares:
    """How many connections each worker has, in memory that a process and its children share."""

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * MOST_WORKERS)).cast("i")
        for slot in range(MOST_WORKERS):
            self._counts[slot] = _NO_WORKER

    def note(self, slot: int, count: int) -> None:
        """The worker of this slot, the lowest that no other has, has so many."""
        if slot < MOST_WORKERS:
            self._counts[slot] = count

    def leave(self, slot: int) -> None:
        """The worker of this slot takes no more."""
        self.note(slot, _NO_WORKER)

    def is_too_large(self, count: int) -> bool:
        """Whether some worker has fewer; where they are many, by more than one in eight."""
        least = min((each for each in self._counts if each != _NO_WORKER), default=count)
        return count - least > count // 8


class EvenServer(StreamServer):  # type: ignore[misc]  # gevent is not typed
    """Accepts as gevent does, but not more than its worker's share.

    count: of the worker's connections now.
    """

    def __init__(
        self, *args: Any, shares: Shares, slot: int, count: Callable[[], int], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._shares = shares
        self._slot = slot
        self._count = count
        self._has_waited = False
        self._wait: Any = None
        shares.note(slot, count())

    def do_read(self) -> Any:
        """The next connection, or None where it is left to others for now."""
        count = self._count()
        self._shares.note(self._slot, count)
        if self._shares.is_too_large(count) and not self._has_waited:
            self.stop_accepting()
            self._wait = self.loop.timer(HOLD_BACK_SECONDS)
            self._wait.start(self._go_on)
            return None
        self._has_waited = False
        self._shares.note(self._slot, count + 1)
        return super().do_read()

    def close(self) -> None:
        """Accept no more."""
        self._shares.leave(self._slot)
        super().close()

    def _go_on(self) -> None:
        self._wait.close()
        self._has_waited = True
        if self.started:
            self.start_accepting()
