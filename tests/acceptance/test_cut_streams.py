"""What is streamed and breaks off is not taken for the whole: over a socket, by our gunicorn."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running_up import ROOT, eventually

APP = """
from flask import Flask
from api.streams import streamed

app = Flask("broken")
closed = []

def chunks(whole):
    try:
        yield b"one\\n"
        yield b"two\\n"
        if not whole:
            raise OSError(5, "the disk")
    finally:
        closed.append(whole)


@app.get("/export/<int:whole>")
def export(whole):
    return streamed(chunks(whole), "text/csv")


@app.get("/closed")
def all_closed():
    return closed
"""


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[str]:
    """Where an application listens whose one export breaks off."""
    (tmp_path / "broken.py").write_text(APP)
    path = str(tmp_path / "s")
    command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--bind", f"unix:{path}"]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - ours
            [*command, "--pythonpath", f"{tmp_path},{ROOT}", "broken:app"],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            eventually(Path(path).exists)
            yield path
        finally:
            process.terminate()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.host)


def get(path: str, url: str) -> bytes:
    connection = UnixConnection(path)
    try:
        connection.request("GET", url, headers={"Host": "localhost"})
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read()
    finally:
        connection.close()


def test_a_stream_that_breaks_off_is_no_whole_one(socket_path: str) -> None:
    """The client sees that something is missing, and all that was held is given back."""
    whole = get(socket_path, "/export/1")
    with pytest.raises(http.client.IncompleteRead) as cut:
        get(socket_path, "/export/0")

    assert whole == b"one\ntwo\n"
    assert cut.value.partial in {b"", b"one\n", b"one\ntwo\n"}
    assert get(socket_path, "/closed") == b"[1,0]\n"
