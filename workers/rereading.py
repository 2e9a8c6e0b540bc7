"""Requests that are read once more, as those of polls put aside are."""

from __future__ import annotations

from typing import Any

from gevent import socket

from workers.client_socket import ClientSocket

Environ = dict[str, Any]

# What makes a request more than its first line and its headers.
_MORE = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE")


class Rereading(ClientSocket):
    """A connection of which some bytes have been read already: they are read again, first.

    told: for whoever answers the request that is read again.
    """

    def __init__(self, descriptor: int, read: bytes, told: Any = None) -> None:
        super().__init__(socket.socket(fileno=descriptor))
        self.told = told
        self._read = read

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What had been read before, then what comes."""
        read, self._read = self._read, b""
        return read or super().recv(size, flags)


def told_of(connection: Any) -> Any:
    """What is told, once, to whoever answers a request that is read again; otherwise None."""
    if not isinstance(connection, Rereading):
        return None
    told, connection.told = connection.told, None
    return told


def can_be_reread(environ: Environ) -> bool:
    """Whether a request can be read again, on a connection that stays open after its answer."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        and environ["wsgi.url_scheme"] == "http"
        and "close" not in environ.get("HTTP_CONNECTION", "").lower()
        and not any(name in environ for name in _MORE)
    )


def text_of(request: Any) -> bytes:
    """A request as it came, but for the case of its headers' names. request: gunicorn's own."""
    lines = [f"{request.method} {request.uri} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
