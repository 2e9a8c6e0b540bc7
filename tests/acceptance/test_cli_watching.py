"""Watching a scan through a restart of the server, and leaving it with Ctrl-C."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from running_up import RunningUp, eventually

from cli.client import ApiClient
from cli.connection import find_connection
from demo.fleet import SCANDISPATCH


@contextmanager
def waiting_scan(data: Path) -> Iterator[tuple[ApiClient, str]]:
    """A scan that no scanner works on, and the client of its operator."""
    with ApiClient(find_connection(None, None, data)) as api:
        group = api.post("/api/groups", {"name": "empty"})["groupId"]
        asked = {"targets": ["127.0.0.1"], "ports": "9", "groupIds": [group]}
        yield api, f"/api/scans/{api.post('/api/scans', asked)['scanId']}"


@contextmanager
def watching(data: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`scandispatch scan watch last`, once it has begun; what it says goes into `log`."""
    command = [SCANDISPATCH, "scan", "watch", "last", "--data", str(data)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,  # noqa: S603 - ours
    ):
        try:
            eventually(lambda: "pending" in log.read_text())
            yield process
        finally:
            process.kill()


def test_a_watch_survives_the_server(tmp_path: Path) -> None:
    """The server ends and comes back: the watch says so, goes on, and ends with the scan."""
    data, log = tmp_path / "data", tmp_path / "watch.log"
    with RunningUp(data) as up, waiting_scan(data) as (api, path):
        port = str(urlsplit(up.operator["url"]).port)
        with watching(data, log) as process:
            up.signal_and_wait(signal.SIGTERM)
            eventually(lambda: "does not answer" in log.read_text())
            with RunningUp(data, "--port", port):
                api.post(f"{path}/cancel")
                code = process.wait(15)

    assert code == 1
    assert "ended as canceled" in log.read_text()


def test_ctrl_c_ends_the_watch_and_not_the_scan(tmp_path: Path) -> None:
    """An interrupted watch ends with 130, and the scan is as it was."""
    data, log = tmp_path / "data", tmp_path / "watch.log"
    with RunningUp(data), waiting_scan(data) as (api, path), watching(data, log) as process:
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
        status = api.get(path)["status"]

    assert code == 130
    assert status == "pending"
    assert "Traceback" not in log.read_text()
    assert "goes on; watch it again with `scandispatch scan watch" in log.read_text()
