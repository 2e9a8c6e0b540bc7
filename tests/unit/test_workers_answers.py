"""workers.answers: an answer is, byte for byte, as gunicorn would have written it."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response

from workers.answers import answer


class Sent(list[bytes]):
    """A socket that takes what it is given."""

    sendall = list.append


@pytest.mark.parametrize("closing", [False, True])
def test_an_answer_is_written_as_gunicorn_writes_it(*, closing: bool) -> None:
    """Whether its connection stays open or not."""
    said = b"Connection: close\r\n" if closing else b""
    text = b"GET / HTTP/1.1\r\nHost: a\r\n" + said + b"\r\n"
    config, sent = Config(), Sent()
    request = next(RequestParser(config, iter([text]), ("192.0.2.1", 4711)))
    headers = [("Content-Type", "application/json"), ("Content-Length", "2"), ("X-A", "é")]
    response = Response(request, sent, config)
    response.start_response("200 OK", headers)
    response.write(b"{}")

    assert answer("200 OK", headers, b"{}", closing=closing) == b"".join(sent)


def test_an_answer_has_a_length() -> None:
    """Else the client would wait for its end."""
    assert b"\r\nContent-Length: 3\r\n\r\nabc" in answer("200 OK", [], b"abc")
