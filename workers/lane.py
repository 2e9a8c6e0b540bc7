"""The lane of a worker: answers the ordinary requests of a connection, until one comes that is not.

That one is gunicorn's, and the connection comes back afterwards.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from gunicorn.http.wsgi import base_environ  # type: ignore[import-untyped]

from workers.client_socket import ClientSocket
from workers.idle import Idle
from workers.ordinary import Environ, Headers, answer, head_of

Address = tuple[Any, ...]  # of TCP

CHUNK_BYTES = 8192  # as gunicorn: so much may be served of one connection in one turn


class Lane:
    """Serves an app. below: what the paths of ordinary requests begin with."""

    def __init__(self, app: Any, config: Any, *, below: str, idle: Idle) -> None:
        self._app = app
        self._below = below
        self._idle = idle
        self._always: Environ = {
            **base_environ(config),
            "wsgi.multithread": True,
            "wsgi.url_scheme": "http",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
        }

    def serve(self, client: ClientSocket, server: Address, address: Address, data: bytes) -> bool:
        """Answer ordinary requests; True where another one has come, False where none will.

        data: what was read of it already. Whatever is not answered is put back.
        """
        always = {**self._always, **_ends(server, address), "gunicorn.socket": client}
        while data or (data := self._next(client)):
            head = head_of(data, self._below)
            if head is None or self._idle.over:
                client.unread(data)
                return True
            data = _whole(client, data, head.end)
            if len(data) < head.end:
                return False
            body = BytesIO(data[head.begin : head.end])
            client.sendall(self._answer({**always, **head.environ, "wsgi.input": body}))
            data = data[head.end :]
        return False

    def _next(self, client: ClientSocket) -> bytes:
        with self._idle:
            return client.recv(CHUNK_BYTES)
        return b""

    def _answer(self, environ: Environ) -> bytes:
        heads: list[tuple[str, Headers]] = []
        chunks = self._app(environ, lambda status, headers, *_: heads.append((status, headers)))
        try:
            body = b"".join(chunks)
        finally:
            chunks.close()
        return answer(*heads[-1], body)


def _whole(client: ClientSocket, data: bytes, end: int) -> bytes:
    """The bytes up to there, unless the client hangs up before."""
    while len(data) < end and (more := client.recv(max(CHUNK_BYTES, end - len(data)))):
        data += more
    return data


def _ends(server: Address, address: Address) -> Environ:
    """Both ends of a connection, as WSGI names them."""
    names = ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT")
    return dict(zip(names, map(str, (*server[:2], *address[:2])), strict=True))
