"""Waits until a server says that it can serve."""

import time
from collections.abc import Callable

import urllib3

from cli.errors import Unavailable

_READY_SECONDS = 60.0
_CALL_SECONDS = 2.0
_LOOK_SECONDS = 0.1
_OK = 200
_SHOWN_CHARACTERS = 500


def wait_until_ready(url: str, check: Callable[[], None]) -> None:
    """Return when `url` answers 200; `check` is called in between, and may raise.

    `Unavailable` after a minute, with what the server last said.
    """
    deadline = time.monotonic() + _READY_SECONDS
    with urllib3.PoolManager(retries=False, timeout=_CALL_SECONDS) as http:
        while (said := _said(http, url)) is not None:
            check()
            if time.monotonic() > deadline:
                raise Unavailable(f"not ready after {_READY_SECONDS:.0f} s: {said}")
            time.sleep(_LOOK_SECONDS)


def _said(http: urllib3.PoolManager, url: str) -> str | None:
    """What the server says about itself; None when it is ready."""
    try:
        answer = http.request("GET", url)
    except urllib3.exceptions.HTTPError as problem:
        return str(problem)
    return (
        None if answer.status == _OK else answer.data[:_SHOWN_CHARACTERS].decode(errors="replace")
    )
