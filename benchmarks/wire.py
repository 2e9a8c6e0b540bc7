"""Requests as bytes, made once where they repeat, and answers."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Answer(NamedTuple):
    """What a server said."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def header(self, name: str, default: str) -> str:
        """A header's value."""
        _, found, rest = self.head.partition(f"\r\n{name}: ".encode())
        return rest.partition(b"\r\n")[0].decode() if found else default


def get(path: str, key: str = "") -> bytes:
    """A GET, as a scanner with this key sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nX-API-Key: {key}\r\n\r\n".encode()


def look(path: str, token: str) -> bytes:
    """A GET, as an operator sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, key: str, body: dict[str, Any]) -> bytes:
    """A POST of JSON, as a scanner with this key sends it."""
    return post_text(path, key, _encode(body).encode())


def post_text(path: str, key: str, body: bytes, request_id: str = "") -> bytes:
    """A POST of what is JSON already, as a scanner with this key sends it."""
    named = f"\r\nX-Request-Id: {request_id}" if request_id else ""
    return _post(path, f"X-API-Key: {key}{named}", body)


def operate(path: str, token: str, body: dict[str, Any]) -> bytes:
    """A POST of JSON, as an operator sends it."""
    return _post(path, f"Authorization: Bearer {token}", _encode(body).encode())


def _post(path: str, who: str, text: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n{who}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def read(received: bytes) -> Answer | None:
    """The answer, where it is there as a whole."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return None
    at = received.find(_LENGTH, 0, end)
    assert at >= 0, f"an answer without a length: {received[: end + 200]!r}"
    length = int(received[at + len(_LENGTH) : received.find(b"\r\n", at + 2)])
    body = received[end + 4 :]
    if len(body) < length:
        return None
    return Answer(int(received[9:12]), received[:end], body)
