"""The agent's threads: one that breaks brings the agent down in good order, and with a trace."""

import threading
from collections.abc import Callable

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Crew:
    """Starts threads, and knows when all should stop and whether one of them broke."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.broken = False

    def spawn(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run `work` in a thread that does not outlive the process."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        thread.start()
        return thread

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("a thread of the agent broke", action="agent-broken", thread=name)
            self.broken = True
            self.stopping.set()
