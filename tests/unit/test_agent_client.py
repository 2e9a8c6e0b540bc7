"""What a client makes of an answer."""

import json
import re
import socket
from pathlib import Path

import pytest

from agent.client import MOST_RETRY_AFTER_SECONDS, Answer, Client, _parsed, _seconds
from agent.dispatcher import Dispatcher
from agent.errors import UnreachableError
from agent.options import AgentOptions


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[1]", b'{"a":', b"\xff", b"[" * 100_000, b"1" * 5000]
)
def test_an_answer_that_is_no_object_counts_as_lost(raw: bytes) -> None:
    """A 200 that cannot be read decides nothing; a failure may say anything."""
    with pytest.raises(UnreachableError):
        _parsed(raw, 200)

    assert _parsed(raw, 502) == {}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("2", 2.0),
        ("-1", None),
        ("soon", None),
        ("\u0663", None),
        ("9" * 400, MOST_RETRY_AFTER_SECONDS),
    ],
)
def test_retry_after_is_read_with_care(header: str | None, seconds: float | None) -> None:
    """Whole seconds within reason are obeyed, everything else is let be."""
    assert _seconds(header) == seconds


def test_a_server_that_is_away_is_told_in_few_words(tmp_path: Path) -> None:
    """A log says what was asked and what came of it, without objects and their addresses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    client = Client(AgentOptions(url=url, api_key="k.s", spool_dir=tmp_path))

    with pytest.raises(UnreachableError, match=re.escape("GET /x: Connection refused")) as raised:
        client.call("GET", "/x")

    assert "object at" not in str(raised.value)


@pytest.mark.parametrize("wait", [1, 30])
def test_a_parked_poll_is_waited_for(wait: int) -> None:
    """The server may take as long as it was asked to, and the usual time to answer."""
    calls: list[tuple[str, float]] = []

    class Line:
        """What a dispatcher speaks through."""

        def call(
            self, _: str, path: str, *, request_id: str = "", parked_seconds: float = 0.0
        ) -> Answer:
            """Note it."""
            assert request_id == "id"
            calls.append((path, parked_seconds))
            return Answer(200, 0.0)

    dispatcher = Dispatcher(Line(), boot_id="b", engines=[])  # type: ignore[arg-type]
    dispatcher.park(limit=32, wait=wait, request_id="id")

    assert calls == [(f"/scanner/jobs?limit=10&wait={wait}", float(wait))]


def test_a_code_of_another_kind_is_none() -> None:
    """A problem whose code is no text has none."""
    assert Answer(409, 0.0, {"code": ["LEASE_LOST"]}).code == ""


def test_what_a_server_says_can_be_logged() -> None:
    """Lone surrogates and control characters in a problem's detail never reach a log."""
    shown = str(Answer(409, 0.0, json.loads('{"code": "X", "detail": "\\ud800\\u001b[2J"}')))

    assert shown.encode().startswith(b"409 X ")
    assert shown.isprintable()
