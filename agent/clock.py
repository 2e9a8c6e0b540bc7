"""The clock that leases run by: monotonic, and counting the time a machine was suspended."""

import time
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Seconds since some fixed moment; a laptop that slept for an hour is an hour later."""
    return time.clock_gettime(_CLOCK)
