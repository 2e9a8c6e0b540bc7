"""Answers as gunicorn writes them, all of each at once: its own way takes far longer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache

Headers = Iterable[tuple[str, str]]


def answer(status: str, headers: Headers, body: bytes, *, closing: bool = False) -> bytes:
    """The whole of an answer."""
    return head_of(status, closing=closing) + tail_of(headers, body)


def head_of(status: str, *, closing: bool) -> bytes:
    """What is gunicorn's to say: all before the headers of the app."""
    date = _date(int(time.time()))
    connection = "close" if closing else "keep-alive"
    head = f"HTTP/1.1 {status}\r\nServer: gunicorn\r\nDate: {date}\r\nConnection: {connection}\r\n"
    return head.encode("latin-1")


def tail_of(headers: Headers, body: bytes) -> bytes:
    """What is the app's to say."""
    said = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if "Content-Length: " not in said:
        said += f"Content-Length: {len(body)}\r\n"
    return f"{said}\r\n".encode("latin-1") + body


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
