"""Watching a scan: to its end, through a server's absence, for people and for programs."""

import json
from collections.abc import Iterator

import pytest
from fake_api import Answer, FakeApi, problem, scan

from cli.client import ApiClient
from cli.connection import Connection
from cli.errors import CliError, NotAllowed, Unavailable
from cli.progress import LiveView
from cli.watch import follow, watch_to_the_end

AWAY = problem(503, "STORE_UNAVAILABLE", "the store does not answer")
PATH = "/api/scans/7"


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.fixture
def api(server: FakeApi) -> Iterator[ApiClient]:
    with ApiClient(Connection(server.url, "secret"), tries=1, sleep=no_pause) as client:
        yield client


def no_pause(_: float) -> None:
    """Let no time pass."""


def test_watching_goes_on_while_the_server_is_away(server: FakeApi, api: ApiClient) -> None:
    """A 503 in the middle is told and survived; the watch ends with the scan."""
    server.on("GET", PATH, Answer(scan()), AWAY, Answer(scan(status="completed", done=256)))

    first, away, last = follow(api, PATH, sleep=no_pause)

    assert {"status": "running"}.items() <= dict(first).items()
    assert isinstance(away, Unavailable)
    assert {"status": "completed"}.items() <= dict(last).items()


def test_watching_ends_where_the_token_does(server: FakeApi, api: ApiClient) -> None:
    """A token that is no longer taken ends the watch: waiting would not help."""
    server.on("GET", PATH, problem(401, "INVALID_TOKEN", "unknown token"))

    with pytest.raises(NotAllowed):
        list(follow(api, PATH, sleep=no_pause))


@pytest.mark.parametrize(("status", "told"), [("failed", "tasks"), ("canceled", "show")])
def test_a_scan_that_ends_badly_is_an_error(
    server: FakeApi, api: ApiClient, status: str, told: str
) -> None:
    """A watched scan that failed or was canceled gives exit code 1, and says what tells more."""
    server.on("GET", PATH, Answer(scan(status=status)))

    with pytest.raises(CliError, match=f"ended as {status}") as raised:
        watch_to_the_end(api, 7, as_json=False, sleep=no_pause)

    assert raised.value.exit_code == 1
    assert f"`scandispatch scan {told} 7`" in str(raised.value.hint)


def test_a_pipe_gets_a_line_a_change(
    server: FakeApi, api: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has not changed is not printed again; what it waits for is said."""
    waiting = {"code": "NO_SCANNER_ONLINE", "message": "no scanner is online"}
    server.on(
        "GET",
        PATH,
        Answer(scan(status="pending", waitingFor=waiting)),
        Answer(scan(done=64, etaSeconds=90)),
        Answer(scan(done=64, etaSeconds=89)),
        AWAY,
        AWAY,
        Answer(scan(status="completed", done=256)),
    )

    watch_to_the_end(api, 7, as_json=False, sleep=no_pause)

    printed = capsys.readouterr()
    first, second, away, third = printed.out.splitlines()
    assert "pending (no scanner is online)  0 of 256 hosts done" in first
    assert "64 of 256 hosts done, 1 task in flight, 0 results  25%, about 0:01:30 left" in second
    assert "completed  256 of 256" in third
    assert "the store does not answer (STORE_UNAVAILABLE); trying on" in away


def test_a_program_gets_a_document_a_change(
    server: FakeApi, api: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json every change is one line, the scan as the server gives it."""
    states = [scan(done=1), scan(done=1), scan(status="completed", done=256)]
    server.on("GET", PATH, *map(Answer, states))

    watch_to_the_end(api, 7, as_json=True, sleep=no_pause)

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [states[0], states[2]] == printed


def test_a_watch_that_is_interrupted_says_that_the_scan_goes_on(
    server: FakeApi, api: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends the watching only, and the way back is told."""
    server.on("GET", PATH, Answer(scan()))

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch_to_the_end(api, 7, as_json=False, sleep=interrupted)

    said = capsys.readouterr().err
    assert "scan 7 goes on; watch it again with `scandispatch scan watch 7`" in said


def test_progress_inside_running_tasks_is_told(
    server: FakeApi, api: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scan of one long task moves on before its first host is done."""
    states = [scan(progress=0.2), scan(progress=0.21), scan(progress=0.5)]
    ended = scan(status="completed", done=256)
    server.on("GET", PATH, *map(Answer, [*states, ended]))

    watch_to_the_end(api, 7, as_json=False, sleep=no_pause)
    with LiveView() as shown:
        shown.show(states[2])

    *lines, bar, _ = capsys.readouterr().out.splitlines()
    told = [line.partition("results  ")[2] for line in lines]
    assert told == ["20%", "50%", "100%"]
    assert "50%" in bar


def test_the_live_view_ends_with_the_last_state(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is on the screen when the view closes is the scan's end, and what was said before."""
    with LiveView() as shown:
        shown.show(scan(done=128))
        shown.away("the server does not answer")
        shown.say("something happened")
        shown.show(scan(status="completed", done=256))

    printed = capsys.readouterr().out
    assert "something happened" in printed
    assert "completed" in printed
    assert "256 of 256 hosts done" in printed
