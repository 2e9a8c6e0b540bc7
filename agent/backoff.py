"""Full-jitter exponential backoff, so that a fleet does not come back all at once."""

import random

BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
IDLE_JITTER = 0.25  # an idle agent waits up to this share longer than it was told
SHORTEST_IDLE_SECONDS = 0.2  # whatever the server says, asking never becomes a hot loop
_MAX_DOUBLINGS = 16


class Backoff:
    """How long to wait before the next try; forgets its failures on `reset`."""

    def __init__(self, *, base: float = BASE_SECONDS, cap: float = CAP_SECONDS) -> None:
        self._base = base
        self._cap = cap
        self._failures = 0

    @property
    def fresh(self) -> bool:
        """Whether nothing has failed since the last success: the moment to say something."""
        return self._failures == 0

    def reset(self) -> None:
        """The last try succeeded."""
        self._failures = 0

    def failed(self, retry_after: float | None = None) -> float:
        """Seconds to wait after one more failure: drawn from zero to the ceiling.

        A server's Retry-After is a floor beneath the draw, never a part of it.
        """
        ceiling = min(self._cap, self._base * 2 ** min(self._failures, _MAX_DOUBLINGS))
        self._failures += 1
        return (retry_after or 0.0) + random.uniform(0.0, ceiling)  # noqa: S311 - spreads load


def idle(retry_after: float) -> float:
    """Seconds to wait when there was nothing to do: what the server said, and a little more."""
    seconds = max(SHORTEST_IDLE_SECONDS, retry_after)
    return seconds * random.uniform(1.0, 1.0 + IDLE_JITTER)  # noqa: S311 - spreads load
