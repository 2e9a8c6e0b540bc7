"""workers.ordinary: what it reads of a request is what gunicorn would have read, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workers.ordinary import MOST_BODY_BYTES, MOST_FIELDS, MOST_HEAD_BYTES, Heads, head_of

BELOW = "/scanner/"
PLAIN = (
    b"POST /scanner/jobs/17/start?a=1 HTTP/1.1\r\nHost: a:1\r\nX-API-Key: k.s\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)


class Sent:
    """A socket that takes what it is given."""

    def __init__(self) -> None:
        self.data = b""

    def send(self, data: bytes) -> int:
        self.data += data
        return len(data)

    sendall = send


def by_gunicorn(data: bytes) -> dict[str, Any]:
    """The environ that gunicorn makes of the first request in these bytes, its body read."""
    config = Config()
    config.set("limit_request_line", 4094)
    parser = RequestParser(config, iter([data]), ("192.0.2.1", 4711))
    request = next(parser)
    _, environ = create(request, Sent(), ("192.0.2.1", 4711), ("192.0.2.2", 80), config)
    return {**environ, "body": environ["wsgi.input"].read(), "closes": request.should_close()}


def assert_alike(data: bytes) -> None:
    """What is ordinary is all that gunicorn finds in it."""
    head = head_of(data, BELOW)
    assert head is not None
    environ = by_gunicorn(data)
    fields = {name for name in environ if name.startswith(("HTTP_", "CONTENT_"))}
    assert head.environ == {
        name: environ[name]
        for name in (*fields, "REQUEST_METHOD", "RAW_URI", "PATH_INFO", "QUERY_STRING")
    }
    assert data[head.begin : head.end] == environ["body"]
    assert not environ["closes"]
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["SCRIPT_NAME"] == ""


def test_an_ordinary_request_is_read() -> None:
    """So that the comparison below is not all of others."""
    assert_alike(PLAIN)
    assert_alike(b"GET /scanner/jobs?wait=3 HTTP/1.1\r\nHost: a\r\nX-No:\r\nAccept: */*\r\n\r\n")
    assert_alike(PLAIN.replace(b"Host", b"connection:  keep-alive \r\nHost"))


SPLICES = st.sampled_from([
    b" ", b"\t", b"\r", b"\n", b"\r\n", b":", b"::", b"\0", b"\x7f", b"\xe9", b"%2e", b"//", b"#",
    b"?", b"HTTP/1.0", b"http/1.1", b"Content-Length: 2\r\n", b"content-length: +2\r\n",
    b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"Connection: keep-alive\r\n", b"Connection:keep-alive, close\r\n", b"Connection:\r\n",
    b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"X_Api_Key: z\r\n", b"X-A: 1\r\n",
    b"x-a: 2\r\n", b" folded\r\n", b"Script_Name: /x\r\n", b"Host: b\r\n", b"PUT ", b"get ", b"../",
    b"..;", b"&wait=3", b"\r\n\r\n",
])  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(PLAIN)), SPLICES, st.integers(0, 3)), max_size=3))
@example([(0, b"\r\n", 0)])
@example([(len(PLAIN) - 4, b" ", 0)])
def test_whatever_is_read_is_read_as_gunicorn_does(changes: list[tuple[int, bytes, int]]) -> None:
    """Pieces put into a request, and bytes taken out of it."""
    data = PLAIN
    for at, piece, gone in changes:
        data = data[:at] + piece + data[at + gone :]
    if head_of(data, BELOW) is not None:
        assert_alike(data)


AFTERWARDS = [
    PLAIN,
    PLAIN[:-2] + b"[]GET ",
    PLAIN[:-4],
    PLAIN.replace(b"k.s", b"k.t"),
    PLAIN.replace(b"Length: 2", b"Length: 20"),
    PLAIN.replace(b"Host", b"host"),
    PLAIN.replace(b"POST", b"PUT"),
    b"GET /scanner/jobs HTTP/1.1\r\nHost: a\r\n\r\n",
    b"",
]


@given(st.lists(st.sampled_from(AFTERWARDS), max_size=6))
def test_one_head_after_another_is_read_as_if_it_were_the_first(requests: list[bytes]) -> None:
    """The same, nearly the same, and others."""
    heads = Heads(BELOW)

    assert [heads.of(data) for data in requests] == [head_of(data, BELOW) for data in requests]


def test_the_same_head_is_not_read_twice() -> None:
    """Whatever its body is."""
    heads = Heads(BELOW)

    assert heads.of(PLAIN) is heads.of(PLAIN[:-2] + b"[]")


OTHERS = {
    "no end": PLAIN[:60],
    "another path": PLAIN.replace(b"/scanner/", b"/api/"),
    "a path that only looks like it": PLAIN.replace(b"/scanner/", b"/scanner"),
    "a method": PLAIN.replace(b"POST", b"PUT"),
    "an old client": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "something to unquote": PLAIN.replace(b"start", b"st%61rt"),
    "no host": PLAIN.replace(b"Host: a:1\r\n", b""),
    "chunks": PLAIN.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    "a farewell": PLAIN.replace(b"Host", b"Connection: close\r\nHost"),
    "a list of farewells": PLAIN.replace(b"Host", b"Connection: keep-alive, X-API-Key\r\nHost"),
    "a connection said otherwise": PLAIN.replace(b"Host", b"Connection: Keep-Alive\r\nHost"),
    "an expectation": PLAIN.replace(b"Host", b"Expect: 100-continue\r\nHost"),
    "an upgrade": PLAIN.replace(b"Host", b"Upgrade: h2c\r\nHost"),
    "a field twice": PLAIN.replace(b"Host", b"X-API-KEY: z\r\nHost"),
    "an underscore": PLAIN.replace(b"X-API-Key", b"X_API_Key"),
    "a space before the colon": PLAIN.replace(b"Host:", b"Host :"),
    "a continuation": PLAIN.replace(b"k.s\r\n", b"k.s\r\n t\r\n"),
    "a bare line feed": PLAIN.replace(b"k.s", b"k\ns"),
    "a null": PLAIN.replace(b"k.s", b"k\0s"),
    "a tab": PLAIN.replace(b"k.s", b"k\ts"),
    "beyond ASCII": PLAIN.replace(b"k.s", b"k\xe9s"),
    "no colon": PLAIN.replace(b"Host: a:1", b"Host"),
    "a length that is none": PLAIN.replace(b"Length: 2", b"Length: +2"),
    "a large body": PLAIN.replace(b"Length: 2", b"Length: %d" % (MOST_BODY_BYTES + 1)),
    "many fields": PLAIN.replace(
        b"Host", b"".join(b"X-%d: 1\r\n" % n for n in range(MOST_FIELDS)) + b"Host"
    ),
    "a long head": PLAIN.replace(b"k.s", b"k" * MOST_HEAD_BYTES),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS.keys())
def test_all_else_is_gunicorns(data: bytes) -> None:
    """One thing is unusual in each."""
    assert head_of(data, BELOW) is None
