"""Where the operator's URL and token come from, and where the token may not go."""

import json
from pathlib import Path

import click
import pytest

from cli.connection import Connection, find_connection
from cli.errors import NotAllowed, Unavailable

URL = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = json.dumps({"url": f"{URL}/", "token": "from-file"})
    (tmp_path / "operator.json").write_text(text)
    return tmp_path


def test_the_file_that_up_leaves_is_enough(folder: Path) -> None:
    """Without flags and environment the data folder says it all."""
    assert Connection(URL, "from-file") == find_connection(None, None, folder)


def test_flags_need_no_file(tmp_path: Path) -> None:
    """URL and token that are given are used as they are."""
    found = find_connection("https://dispatch.example.org/sd/", "given", tmp_path)

    assert Connection("https://dispatch.example.org/sd", "given") == found


def test_a_given_token_goes_before_the_files(folder: Path) -> None:
    """A token alone goes to the server that the file names."""
    assert Connection(URL, "given") == find_connection(None, "given", folder)


def test_the_files_token_stays_with_its_server(folder: Path) -> None:
    """The file's token is not sent to another URL, but to its own one it is."""
    assert Connection(URL, "from-file") == find_connection(URL, None, folder)
    with pytest.raises(NotAllowed, match=r"no token for https://other\.example") as raised:
        find_connection("https://other.example", None, folder)
    assert raised.value.message.endswith(f"operator.json is for {URL}")


def test_without_any_server_the_error_says_what_to_do(tmp_path: Path) -> None:
    """Where no server is known the error names the file, and what to do next."""
    with pytest.raises(Unavailable, match=r"operator\.json") as raised:
        find_connection(None, None, tmp_path)

    assert "scandispatch up" in raised.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": "http://x"}', "\ufffe"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    """A file that is not what `up` writes is an error that names it, never a traceback."""
    (tmp_path / "operator.json").write_text(text)

    with pytest.raises(Unavailable, match=r"operator\.json cannot be read"):
        find_connection(None, None, tmp_path)


@pytest.mark.parametrize("url", ["dispatch.example.org", "ftp://x", "http://", "redis://x"])
def test_what_is_no_url_is_wrong_usage(tmp_path: Path, url: str) -> None:
    """A URL that cannot be a server's is refused before anything is sent."""
    with pytest.raises(click.UsageError):
        find_connection(url, "given", tmp_path)


def test_a_token_cannot_smuggle_a_header(tmp_path: Path) -> None:
    """A token with control characters in it is refused."""
    with pytest.raises(click.UsageError):
        find_connection(URL, "a\r\nX-Evil: 1", tmp_path)
