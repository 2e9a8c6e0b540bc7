"""Many forms of HTTP on one connection, which the lane and gunicorn hand to and fro."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.polling import Client, Fleet, Scanner
from tests.acceptance.running_up import RunningUp

BEAT = "POST /scanner/heartbeat HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
CHUNKS = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
MANY_HEADERS = "".join(f"X-{n}: 1\r\n" for n in range(100))
LONG_LINE = f"GET /scanner/{'x' * 5000} HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    with RunningUp(tmp_path_factory.mktemp("up") / "data", "--workers", "2") as running:
        yield running


@pytest.fixture
def scanner(up: RunningUp) -> Iterator[Scanner]:
    fleet = Fleet(up)
    yield fleet.scanner()
    fleet.close()


def say(client: Client, text: str) -> int:
    """Send this as it is; the status of the answer."""
    client.socket.sendall(text.encode("latin-1"))
    return client.answer().status


def test_ordinary_and_other_requests_take_turns(scanner: Scanner) -> None:
    """Chunks, unknown paths, polls that wait, another part of the server: each is answered."""
    client, key = scanner.client, f"X-API-Key: {scanner.key}\r\n"
    ordinary = f"{BEAT}{key}Content-Length: 2\r\n\r\n{{}}"
    others = {
        f"{BEAT}{key}{CHUNKS}": 200,
        "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n": 200,
        f"GET /scanner/nothing HTTP/1.1\r\nHost: test\r\n{key}\r\n": 404,
        f"GET /scanner/jobs?limit=0 HTTP/1.1\r\nHost: test\r\n{key}\r\n": 422,
        f"GET /scanner/jobs?wait=1 HTTP/1.1\r\nHost: test\r\n{key}\r\n": 200,
        f"GET /scanner/j%6Fbs HTTP/1.1\r\nHost: test\r\n{key}\r\n": 200,
        f"{BEAT}{key}X-Long: {'x' * 5000}\r\nContent-Length: 2\r\n\r\n{{}}": 200,
    }
    answered = [(say(client, ordinary), say(client, other)) for other in others]

    assert answered == [(200, status) for status in others.values()]
    assert say(client, ordinary) == 200


def test_requests_sent_ahead_are_answered_in_order(scanner: Scanner) -> None:
    """Of both kinds, in one packet."""
    client, key = scanner.client, f"X-API-Key: {scanner.key}\r\n"
    jobs = f"GET /scanner/jobs HTTP/1.1\r\nHost: test\r\n{key}\r\n"
    health = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"
    client.socket.sendall(f"{jobs}{health}{BEAT}{key}{CHUNKS}{jobs}{jobs}".encode())
    bodies = [client.answer().body for _ in range(5)]

    assert [bodies[0], *bodies[3:]] == [b'{"jobs":[]}'] * 3
    assert b'"heartbeatSeconds"' in bodies[2]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_farewell_is_heard(scanner: Scanner, version: str) -> None:
    """Whoever says that it closes, or is as old as that, sees the connection closed."""
    scanner.client.send("/scanner/jobs", "Connection: close", version=version)
    answer = scanner.client.answer()

    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert scanner.client.is_closed()


def test_an_expectation_is_met(scanner: Scanner) -> None:
    """A client that asks whether it may send its body is told."""
    client, key = scanner.client, f"X-API-Key: {scanner.key}\r\n"
    client.socket.sendall(f"{BEAT}{key}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
    first = client.file.readline(), client.file.readline()
    client.socket.sendall(b"{}")

    assert first == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
    assert client.answer().status == 200


HOSTILE = {
    "two lengths": f"{BEAT}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}",
    "a length and chunks": f"{BEAT}Content-Length: 2\r\n{CHUNKS}",
    "a length that is none": f"{BEAT}Content-Length: -2\r\n\r\n{{}}",
    "a bare line feed": "GET /scanner/jobs HTTP/1.1\nHost: test\n\n",
    "a null": "GET /scanner/jobs HTTP/1.1\r\nHost: te\0st\r\n\r\n",
    "a continuation": "GET /scanner/jobs HTTP/1.1\r\nHost: test\r\n X-API-Key: x\r\n\r\n",
    "many headers": f"GET /scanner/jobs HTTP/1.1\r\nHost: test\r\n{MANY_HEADERS}\r\n",
    "a long line": LONG_LINE,
    "an underscore": "GET /scanner/jobs HTTP/1.1\r\nHost: test\r\nX_API_Key: x\r\n\r\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_hostile_is_gunicorns(up: RunningUp, text: str) -> None:
    """It is refused as ever, or the field is dropped; nothing behind it is taken for a request."""
    client = Client(up, "")
    client.socket.sendall(text.encode("latin-1") + b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
    status = int(client.file.readline().split()[1])
    rest = client.file.read() if status != 401 else b""
    client.hang_up()

    assert status in {400, 401, 431, 414}
    assert rest.count(b"HTTP/1.1") == 0
