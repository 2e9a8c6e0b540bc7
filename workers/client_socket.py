"""A client's connection as the ingest serves it: in turn with all others, and in few packets."""

from contextlib import suppress
from typing import Any

from gevent import get_hub, socket

_READABLE = 1  # of libev and libuv


class ClientSocket:
    """Gevent's socket, and two things of which gunicorn's loop knows nothing.

    *Turns*: gevent reads a socket at once where something is there to read, so whoever asks again
    quickly is served again and again while all others wait. Here each read waits for the event loop
    to say so, which looks at all sockets before it comes back to this one.

    *Packets*: gunicorn sends the headers of an answer by themselves. Here they are held until its
    body comes, or anything else is done with the connection.
    """

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._hub = get_hub()
        self._readable = self._hub.loop.io(client.fileno(), _READABLE)
        self._headers = b""
        self._ahead = b""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read, when it is this connection's turn; first of all what was put back."""
        self._flush()
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        self._hub.wait(self._readable)
        data: bytes = self._client.recv(size, flags)
        return data

    def sendall(self, data: bytes) -> None:
        """Send; headers, as gunicorn writes them, with what follows."""
        if not self._headers and data.startswith(b"HTTP/1.") and data.endswith(b"\r\n\r\n"):
            self._headers = data
        else:
            data, self._headers = self._headers + data, b""
            self._send(data)

    def unread(self, data: bytes) -> None:
        """Put back what was read: it is read again."""
        self._ahead = data

    def close(self) -> None:
        """Close, once what was held is sent."""
        with suppress(OSError):
            self._flush()
        self._readable.close()
        self._client.close()

    def detach(self) -> int:
        """Its file descriptor, which is the caller's from now on."""
        self._flush()
        self._readable.close()
        descriptor: int = self._client.detach()
        return descriptor

    def __getattr__(self, name: str) -> Any:
        """Everything else as gevent does it."""
        self._flush()
        return getattr(self._client, name)

    def _flush(self) -> None:
        if self._headers:
            data, self._headers = self._headers, b""
            self._send(data)

    def _send(self, data: bytes) -> None:
        """Nearly all goes at once; gevent's own `sendall` first asks the system for a size."""
        sent = self._client.send(data)
        if sent < len(data):
            self._client.sendall(data[sent:])
