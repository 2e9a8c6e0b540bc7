"""The jobs on the queue `maintenance`: each reads the settings and calls one use case."""

from contextlib import closing
from dataclasses import asdict
from typing import Any

from dispatch.settings import Settings
from dispatch.wiring import open_dispatch


def upkeep() -> dict[str, Any]:
    """Take back expired leases, mark scanners offline, raise alarms; what was done, as counts."""
    dispatch = open_dispatch(Settings.from_process())
    with closing(dispatch.client):
        return asdict(dispatch.upkeep.run())
