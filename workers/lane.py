"""The lane of a worker: answers the ordinary requests of a connection, until one comes that is not.

That one is gunicorn's, and the connection comes back afterwards. So it does from a poll that is put
aside.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from gunicorn.http.wsgi import base_environ  # type: ignore[import-untyped]
from gunicorn.workers.base_async import ALREADY_HANDLED  # type: ignore[import-untyped]

from workers.answers import Headers, answer
from workers.client_socket import ClientSocket
from workers.idle import Idle
from workers.ordinary import Environ, Heads

Address = tuple[Any, ...]  # of TCP

CHUNK_BYTES = 8192  # as gunicorn: so much may be served of one connection in one turn
_LATE = {  # by hand: web.problems loads what gevent has to patch first
    "type": "about:blank",
    "title": "Request Timeout",
    "status": 408,
    "detail": "The body did not come, or not all of it.",
    "code": "REQUEST_TIMEOUT",
    "retryable": True,
}


class Lane:
    """Serves an app.

    below: what the paths of ordinary requests begin with. knows: whether the app knows who calls.
    take: has the connection of a request that the app does not answer now, as Aside's.
    idle, begun: the waits for a request, and for the rest of one.
    """

    def __init__(
        self,
        app: Any,
        config: Any,
        *,
        below: str,
        knows: Callable[[Environ], bool],
        take: Callable[..., None],
        idle: Idle,
        begun: Idle,
    ) -> None:
        self._app = app
        self._below = below
        self._knows = knows
        self._take = take
        self._idle = idle
        self._begun = begun
        self._always: Environ = {
            **base_environ(config),
            "wsgi.multithread": True,
            "wsgi.url_scheme": "http",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
        }

    def serve(self, client: ClientSocket, server: Address, address: Address, data: bytes) -> bool:
        """Answer ordinary requests; True where another one has come, and its bytes are put back.

        False where the client has hung up or was refused, or its poll has the connection now. data:
        what was read already.
        """
        always = {**self._always, **_ends(server, address), "gunicorn.socket": client}
        heads, last, environ = Heads(self._below), None, always
        while data or (data := self._read(client, 1, self._idle)):
            head = heads.of(data)
            if head and len(data) < head.end and self._knows(head.environ):
                data += self._read(client, head.end - len(data), self._begun)
                if len(data) < head.end:
                    _send(client, _late())
                    return False
            if head is None or len(data) < head.end or self._idle.over:
                client.unread(data)
                return True
            if head is not last:
                last, environ = head, always | head.environ
            text, data = data[: head.end], data[head.end :]
            answered = self._answer(environ, text[head.begin :])
            if answered is None:
                self._take(client, server, address, text=text, ahead=data)
                return False
            if not _send(client, answered):
                return False
            text = answered = b""  # a connection that waits holds nothing of its last call
        return False

    def has_ended(self, body: Any) -> bool:
        """Whether it is known where a body ends, of which gunicorn's app may have left a part."""
        with self._idle:
            while body.read(CHUNK_BYTES):
                pass
            return not body.failed
        return False

    def _read(self, client: ClientSocket, least: int, waits: Idle) -> bytes:
        """So many bytes or more; fewer where the client hangs up, or takes too long."""
        data = b""
        try:
            with waits:
                while more := client.recv(max(CHUNK_BYTES, least - len(data))):
                    data += more
                    if len(data) >= least:
                        break
        except OSError:
            return b""
        return data

    def _answer(self, environ: Environ, body: bytes) -> bytes | None:
        """The answer, or None where the request is to be put aside."""
        heads: list[tuple[str, Headers]] = []
        environ = {**environ, "wsgi.input": BytesIO(body)}
        chunks = self._app(environ, lambda status, headers, *_: heads.append((status, headers)))
        if chunks is ALREADY_HANDLED:
            return None
        try:
            said = b"".join(chunks)
        finally:
            chunks.close()
        [(status, headers)] = heads
        return answer(status, headers, said)


def _send(client: ClientSocket, data: bytes) -> bool:
    """Whether it could be sent: the client may have hung up."""
    try:
        client.sendall(data)
    except OSError:
        return False
    return True


def _late() -> bytes:
    """The answer to a request that did not become whole."""
    body = json.dumps(_LATE).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    return answer("408 REQUEST TIMEOUT", headers, body, closing=True)


def _ends(server: Address, address: Address) -> Environ:
    """Both ends of a connection, as WSGI names them."""
    names = ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT")
    return dict(zip(names, map(str, (*server[:2], *address[:2])), strict=True))
