"""What tells an engine to stop: somebody's order, or the end of the lease."""

import threading

from agent.lease import Lease


class Brake:
    """Engines look at `on` several times a second, and before they begin anything new."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._pulled = threading.Event()

    def pull(self) -> None:
        """Stop; there is no way back."""
        self._pulled.set()

    @property
    def pulled(self) -> bool:
        """Whether somebody ordered the stop, rather than the lease having run out."""
        return self._pulled.is_set()

    @property
    def on(self) -> bool:
        """Whether probing must stop now."""
        return self._pulled.is_set() or self._lease.over

    def wait(self, seconds: float) -> None:
        """Sleep, but not past an order to stop."""
        self._pulled.wait(seconds)
