"""Where a server listens, when its socket may be closed before the last request is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listening:
    """All that gunicorn asks of the listener of a connection. name: its address."""

    name: Any

    def getsockname(self) -> Any:
        """As a socket says it."""
        return self.name
