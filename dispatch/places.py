"""Places for what lasts: a process takes on so many long answers at once, and refuses the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import Busy


class Places:
    """A bounded number of places. retry_after_seconds: when one may be free again."""

    def __init__(self, most: int, *, retry_after_seconds: int) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._retry_after_seconds = retry_after_seconds

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place. Raises Busy where none is free."""
        if not self._free.acquire(blocking=False):
            raise Busy(retry_after_seconds=self._retry_after_seconds)
        try:
            yield
        finally:
            self._free.release()
