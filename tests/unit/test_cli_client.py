"""The operator's client: what it repeats, what it refuses to believe, and what it says."""

from collections.abc import Iterator

import pytest
from fake_api import Answer, FakeApi, page, problem

from cli.client import ApiClient
from cli.connection import Connection
from cli.errors import CliError, NotAllowed, Refused, Unavailable


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def api(server: FakeApi, pauses: list[float]) -> Iterator[ApiClient]:
    connection = Connection(server.url, "secret")
    with ApiClient(connection, site="branch", sleep=pauses.append) as client:
        yield client


def unavailable(seconds: str) -> Answer:
    away = problem(503, "STORE_UNAVAILABLE", "the store does not answer")
    return Answer(away.body, 503, {"Retry-After": seconds})


def test_a_server_away_for_a_moment_is_asked_again(
    server: FakeApi, api: ApiClient, pauses: list[float]
) -> None:
    """After a 503 the client waits as long as it was told, and asks again."""
    server.on("GET", "/api/scans/7", unavailable("2"), Answer({"scanId": 7}))

    assert api.get("/api/scans/7") == {"scanId": 7}
    assert pauses == [2.0]


def test_no_server_makes_the_client_wait_for_minutes(
    server: FakeApi, api: ApiClient, pauses: list[float]
) -> None:
    """However long a server asks for, a command pauses five seconds at most."""
    server.on("GET", "/api/scans/7", unavailable("3600"), Answer({}))

    api.get("/api/scans/7")

    assert pauses == [5.0]


def test_a_server_that_stays_away_ends_the_call(server: FakeApi, api: ApiClient) -> None:
    """After three times 503 the error says what the server said, with exit code 4."""
    server.on("GET", "/api/scans", unavailable("1"))

    with pytest.raises(Unavailable, match="the store does not answer") as raised:
        api.get("/api/scans")

    assert raised.value.exit_code == 4
    assert len(server.asked) == 3


def test_a_repeated_post_is_one_order(server: FakeApi, api: ApiClient) -> None:
    """All tries of one POST carry the same Idempotency-Key, and another POST another."""
    server.on("POST", "/api/scans", unavailable("1"), Answer({}, 201))

    api.post("/api/scans", {"name": "a"})
    api.post("/api/scans", {"name": "a"})

    first, again, second = (asked.headers["Idempotency-Key"] for asked in server.asked)
    assert first == again != second


def test_a_lost_answer_is_asked_for_again(
    server: FakeApi, api: ApiClient, pauses: list[float]
) -> None:
    """An answer that breaks off is asked for again under the same Idempotency-Key."""
    server.on("POST", "/api/scans", Answer({}, 201, missing_bytes=5), Answer({"scanId": 1}, 201))

    assert api.post("/api/scans") == {"scanId": 1}
    assert len({asked.headers["Idempotency-Key"] for asked in server.asked}) == 1
    assert len(pauses) == 1


def test_every_call_names_its_operator_and_site(server: FakeApi, api: ApiClient) -> None:
    """Token and site go with every call, beside its own query; what is None is left out."""
    server.on("GET", "/api/scans", page())

    list(api.each("/api/scans", status=None, limit=5))

    (asked,) = server.asked
    assert asked.headers["Authorization"] == "Bearer secret"
    assert asked.query == {"site": "branch", "limit": "5"}


def test_a_list_is_read_to_its_end(server: FakeApi, api: ApiClient) -> None:
    """A list's pages are followed by their cursor until there is none."""
    server.on("GET", "/api/scans", page(1, 2, cursor="x"), page(3))

    assert list(api.each("/api/scans")) == [1, 2, 3]
    assert server.asked[1].query["cursor"] == "x"


def test_a_refusal_says_which_field_and_why(server: FakeApi, api: ApiClient) -> None:
    """A problem document becomes a refusal with its sentences, and is not asked for again."""
    errors = {"targets.0": ["192.0.2.1/24 has host bits; 192.0.2.0/24 was meant?"]}
    server.on("POST", "/api/scans", problem(422, "VALIDATION_ERROR", "not valid", errors=errors))

    with pytest.raises(Refused) as raised:
        api.post("/api/scans")

    head = "the server does not accept this (VALIDATION_ERROR)"
    expected = f"{head}\n  targets.0: {errors['targets.0'][0]}"
    assert expected == raised.value.message
    assert raised.value.exit_code == 3
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_token_that_is_not_taken_is_said_so(server: FakeApi, api: ApiClient, status: int) -> None:
    """Failed authentication has exit code 4, and is not tried again."""
    server.on("GET", "/api/scans", problem(status, "INVALID_TOKEN", "unknown token"))

    with pytest.raises(NotAllowed, match="unknown token") as raised:
        api.get("/api/scans")

    assert raised.value.exit_code == 4
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("body", [b"<html>\x1b[2JWelcome</html>", b"[]", b"", b"\xff\xfe"])
def test_a_stranger_is_not_believed(
    server: FakeApi, api: ApiClient, status: int, body: bytes
) -> None:
    """An answer of something else is named as such, without its control characters."""
    server.on("GET", "/api/scans", Answer(body, status))

    with pytest.raises(Unavailable, match="not a Scan Dispatch server's") as raised:
        api.get("/api/scans")

    assert "\x1b" not in raised.value.message


def test_a_redirect_does_not_take_the_token_elsewhere(server: FakeApi, api: ApiClient) -> None:
    """A redirect is not followed."""
    server.on("GET", "/api/scans", Answer(b"", 302, {"Location": f"{server.url}/elsewhere"}))

    with pytest.raises(CliError):
        api.get("/api/scans")

    assert [asked.path for asked in server.asked] == ["/api/scans"]


def test_where_nothing_listens_the_error_says_what_to_do(pauses: list[float]) -> None:
    """Without a server the error names the URL in plain words, with what to do next."""
    with (
        ApiClient(Connection("http://127.0.0.1:1", "secret"), sleep=pauses.append) as api,
        pytest.raises(Unavailable) as raised,
    ):
        api.get("/api/scans")

    assert raised.value.message == "http://127.0.0.1:1 does not answer: Connection refused"
    assert "scandispatch up" in raised.value.hint
    assert len(pauses) == 2


def test_a_stream_arrives_whole(server: FakeApi, api: ApiClient) -> None:
    """A streamed answer's bytes are the server's."""
    server.on("GET", "/api/scans/7/results", Answer(b'{"port":22}\n'))

    assert b"".join(api.stream("/api/scans/7/results", format="jsonl")) == b'{"port":22}\n'


def test_a_stream_that_breaks_off_is_an_error(server: FakeApi, api: ApiClient) -> None:
    """A stream cut short is never taken for the whole."""
    server.on("GET", "/api/scans/7/results", Answer(b'{"port":22}\n', missing_bytes=9))

    with pytest.raises(Unavailable):
        list(api.stream("/api/scans/7/results"))


def test_a_refused_stream_says_why(server: FakeApi, api: ApiClient) -> None:
    """A stream that the server refuses raises its problem, before the first byte."""
    server.on("GET", "/api/scans/7/results", problem(404, "SCAN_NOT_FOUND", "no such scan"))

    with pytest.raises(Refused, match="no such scan"):
        list(api.stream("/api/scans/7/results"))
