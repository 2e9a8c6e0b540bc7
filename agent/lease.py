"""How long a job is certainly still ours, judged by our own clock alone."""

from collections.abc import Callable

from agent import clock


class Lease:
    """Runs from the moment the last answered call was *sent*, so it never outlasts the server's.

    The moment only ever moves forward; each attribute is written whole, so threads need no lock.
    """

    def __init__(
        self, *, sent_at: float, seconds: float, now: Callable[[], float] = clock.now
    ) -> None:
        self._now = now
        self._sent_at = sent_at
        self.seconds = seconds

    def renewed(self, sent_at: float, seconds: float | None = None) -> None:
        """A call about this job, sent at that moment, was answered."""
        self._sent_at = max(self._sent_at, sent_at)
        if seconds is not None:
            self.seconds = seconds

    @property
    def over(self) -> bool:
        """Whether another scanner may have the job by now."""
        return self._now() >= self._sent_at + self.seconds
