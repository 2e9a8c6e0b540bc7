"""Where the operator's API is, and the token for it: flags, environment, or the file `up` leaves.

The file's token is only ever sent to the file's own URL: `--url` alone cannot carry it elsewhere.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from cli.errors import NotAllowed, Unavailable

OPERATOR_FILE = "operator.json"
NEXT = "start a server with `scandispatch up`, or give --url and --token"
HOW_TO_SAY = "give --token or SCANDISPATCH_TOKEN, or with --data the data folder of that server"


@dataclass(frozen=True, slots=True)
class Connection:
    """An operator's way to a server: a base URL without a slash at its end, and a token."""

    url: str
    token: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise click.UsageError(f"{self.url!r} is not the http:// or https:// URL of a server")
        if not (self.token.isascii() and self.token.isprintable()):
            raise click.UsageError("the token holds characters that no token has")


def find_connection(url: str | None, token: str | None, folder: Path) -> Connection:
    """Return the connection that was asked for; raise Unavailable or NotAllowed."""
    if url and token:
        return Connection(url.rstrip("/"), token.strip())
    path = folder / OPERATOR_FILE
    left = _read(path)
    if url and (left is None or left.url != url.rstrip("/")):
        known = f"; {path} is for {left.url}" if left else ""
        raise NotAllowed(f"there is no token for {url}{known}", hint=HOW_TO_SAY)
    if left is None:
        raise Unavailable(f"no server is known: there is no {path}", hint=NEXT)
    return Connection(left.url, (token or left.token).strip())


def _read(path: Path) -> Connection | None:
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
        return Connection(str(said["url"]).rstrip("/"), str(said["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise Unavailable(f"{path} cannot be read: {problem}", hint=NEXT) from problem
