"""workers.rereading: a request read again is the same request."""

from __future__ import annotations

from typing import Any

import pytest
from gevent import socket
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from workers.client_socket import ClientSocket
from workers.rereading import Rereading, can_be_reread, text_of, told_of

POLL = {
    "REQUEST_METHOD": "GET",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "http",
    "HTTP_X_API_KEY": "k",
}


def parsed(text: bytes) -> Any:
    return next(RequestParser(Config(), iter([text]), ("192.0.2.1", 4711)))


def test_a_plain_poll_can_be_read_again() -> None:
    """As agents send it."""
    assert can_be_reread(POLL)
    assert can_be_reread({**POLL, "HTTP_CONNECTION": "keep-alive"})


@pytest.mark.parametrize(
    "other",
    [
        {"REQUEST_METHOD": "POST"},
        {"SERVER_PROTOCOL": "HTTP/1.0"},
        {"wsgi.url_scheme": "https"},
        {"HTTP_CONNECTION": "Close"},
        {"HTTP_CONNECTION": "keep-alive, close"},
        {"CONTENT_LENGTH": "0"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_EXPECT": "100-continue"},
        {"HTTP_UPGRADE": "h2c"},
    ],
)
def test_an_unusual_one_is_not_tried(other: dict[str, str]) -> None:
    """One with a body, or on a connection that ends with it, or is encrypted."""
    assert not can_be_reread({**POLL, **other})


def test_a_request_read_again_is_the_same() -> None:
    """Its line, its headers in their order, the repeated ones too, and every byte of them."""
    text = (
        b"GET /scanner/jobs?wait=30&limit=2%20 HTTP/1.1\r\nHost: a\r\nX-API-Key: k.s\r\n"
        b"Accept: a\r\nAccept: b\r\nX-Request-Id: \xe4\xff\r\n\r\n"
    )
    first = parsed(text)
    again = parsed(text_of(first))

    assert (again.method, again.uri, again.version) == (first.method, first.uri, first.version)
    assert again.headers == first.headers
    assert len(again.headers) == 5


def test_what_was_read_is_read_first() -> None:
    """Then what comes, and nothing twice; it is one that takes turns already."""
    server, client = socket.socketpair()
    again = Rereading(server.detach(), b"before", told="once")
    client.sendall(b"after")
    read = [again.recv(100), again.recv(100)]
    told = [told_of(again), told_of(again), told_of(client)]
    again.close()
    client.close()

    assert isinstance(again, ClientSocket)
    assert read == [b"before", b"after"]
    assert told == ["once", None, None]
