"""The scanner in the README works as it stands there, and keeps to what it is told."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from running_up import ROOT, RunningUp, eventually

from cli.client import ApiClient
from cli.connection import find_connection
from demo import fleet
from demo.services import open_services


def readmes_scanner() -> str:
    """Its text."""
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    return str(text)


@contextlib.contextmanager
def scanner_of_the_readme(
    folder: Path, api: ApiClient, key: str
) -> Iterator[subprocess.Popen[str]]:
    """Run it, pasted into a file, for as long as the context lasts."""
    script = folder / "scanner.py"
    script.write_text(readmes_scanner())
    known = [f"URL={api.connection.url}", f"KEY={key}"]
    command = ["/usr/bin/env", *known, sys.executable, str(script)]
    with subprocess.Popen(command, text=True) as process:  # noqa: S603 - ours
        try:
            yield process
        finally:
            process.terminate()


def test_the_readmes_scanner_works(tmp_path: Path) -> None:
    """Pasted into a file and run, it takes jobs and finds exactly what is open."""
    with open_services() as services, fleet.server(tmp_path) as api:
        scanner = fleet.register(api, "curl")
        asked = {
            "targets": ["127.0.0.5", "127.0.0.16/30"],
            "ports": services.ports,
            "scannerIds": [scanner["scannerId"]],
        }
        path = f"/api/scans/{api.post('/api/scans', asked)['scanId']}"
        with scanner_of_the_readme(tmp_path, api, scanner["apiKey"]):
            eventually(lambda: api.get(path)["status"] == "completed", seconds=30)
        found = {(one["host"], one["port"]) for one in api.each(f"{path}/results")}

    hosts = {"127.0.0.5", *(f"127.0.0.{last}" for last in range(16, 20))}
    assert found == {(host, port) for host, port in services.expected if host in hosts}


def test_the_readmes_scanner_keeps_to_its_rate(tmp_path: Path) -> None:
    """Forty probes at twenty a second take it two seconds; the task says whose limit that is."""
    with fleet.server(tmp_path) as api:
        scanner = fleet.register(api, "slow")
        with scanner_of_the_readme(tmp_path, api, scanner["apiKey"]):
            limited = {"ports": "1-40", "maxProbesPerSecond": 20, "hostsPerTask": 1}
            path = scan(api, scanner["scannerId"], **limited)
        (task,) = api.each(f"{path}/tasks")
        started, finished = (
            datetime.fromisoformat(task[f"{at}At"]) for at in ("started", "finished")
        )

    assert (task["maxProbesPerSecond"], task["rateLimitedBy"]) == (20, "scan")
    assert (finished - started).total_seconds() >= 40 / 20


def test_the_readmes_scanner_looks_where_a_name_leads(tmp_path: Path) -> None:
    """It tells what it finds there, with the name; where all is excluded, that the job failed."""
    with socket.create_server(("127.0.0.1", 0)) as listener, fleet.server(tmp_path) as api:
        port = listener.getsockname()[1]
        scanner = fleet.register(api, "curl")
        named = {"targets": ["localhost"], "ports": str(port)}
        with scanner_of_the_readme(tmp_path, api, scanner["apiKey"]):
            path = scan(api, scanner["scannerId"], **named)
            found = [(one["host"], one["name"], one["port"]) for one in api.each(f"{path}/results")]
            api.post("/api/exclusions", {"cidr": "127.0.0.0/8"})
            path = scan(api, scanner["scannerId"], ends="failed", **named)
        (task,) = api.each(f"{path}/tasks")

    assert found == [("127.0.0.1", "localhost", port)]
    assert task["errorMessage"] == "localhost: every address is excluded or out of scope"


def test_the_readmes_scanner_fails_what_it_has_no_engine_for(tmp_path: Path) -> None:
    """It never said which engines it has, so it is handed such jobs, and says that it cannot."""
    with fleet.server(tmp_path) as api:
        scanner = fleet.register(api, "curl")
        with scanner_of_the_readme(tmp_path, api, scanner["apiKey"]):
            path = scan(api, scanner["scannerId"], ends="failed", engine="nmap")
        (task,) = api.each(f"{path}/tasks")

    assert task["errorMessage"] == "no engine nmap here"


def test_the_readmes_scanner_rests_as_long_as_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a refusal for now, and after a poll without jobs; a repeated call has the same id."""
    asked: list[str] = []
    rests: list[float] = []
    answers = iter([(503, "7"), (200, "3")])

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["X-Request-Id"])
            status, seconds = next(answers)
            self.send_response(status)
            self.send_header("Retry-After", seconds)
            self.end_headers()
            self.wfile.write(b'{"jobs": []}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("KEY", "key")
        monkeypatch.setenv("URL", f"http://127.0.0.1:{server.server_port}")
        names: dict[str, Any] = {}
        exec(readmes_scanner().partition("\nwhile True:")[0], names)  # noqa: S102 - ours
        names["time"] = SimpleNamespace(sleep=rests.append)
        said = names["call"]("jobs")
        server.shutdown()
        thread.join()

    assert said == {"jobs": []}
    assert rests == [7, 3]
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_the_readmes_scanner_stops_when_it_is_told_to(tmp_path: Path) -> None:
    """A scan that is paused while it probes comes back, with what is done of it."""
    with contextlib.ExitStack() as stack:
        up = stack.enter_context(RunningUp(tmp_path / "data", LEASE_SECONDS="3"))
        api = stack.enter_context(ApiClient(find_connection(None, None, up.data)))
        made = fleet.register(api, "slow")
        stack.enter_context(scanner_of_the_readme(tmp_path, api, made["apiKey"]))
        asked = {"targets": ["127.0.0.0/24"], "ports": "9", "maxProbesPerSecond": 10}
        asked |= {"hostsPerTask": 256, "scannerIds": [made["scannerId"]]}
        path = f"/api/scans/{api.post('/api/scans', asked)['scanId']}"
        eventually(lambda: api.get(path)["progress"] > 0, seconds=30)
        api.post(f"{path}/pause")
        eventually(lambda: api.get(path)["status"] == "paused", seconds=30)
        hosts = api.get(path)["hosts"]

    assert hosts["done"] > 0
    assert hosts["done"] + hosts["waiting"] == hosts["total"]


def test_the_readmes_scanner_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    """While the server is away it asks on, and takes work again when it is back."""
    with contextlib.ExitStack() as stack:
        up = stack.enter_context(RunningUp(tmp_path / "data"))
        api = stack.enter_context(ApiClient(find_connection(None, None, up.data)))
        made = fleet.register(api, "curl")
        scanner = stack.enter_context(scanner_of_the_readme(tmp_path, api, made["apiKey"]))
        scan(api, made["scannerId"])
        up.signal_and_wait(signal.SIGTERM)
        port = api.connection.url.rpartition(":")[2]
        stack.enter_context(RunningUp(up.data, "--port", port))
        scan(api, made["scannerId"])

        assert scanner.poll() is None


def scan(api: ApiClient, scanner: int, *, ends: str = "completed", **asked: Any) -> str:
    """Have something scanned, by default one address; its path, once it has ended so."""
    wanted = {"targets": ["127.0.0.5"], "ports": "9", "scannerIds": [scanner], **asked}
    path = f"/api/scans/{api.post('/api/scans', wanted)['scanId']}"
    eventually(lambda: api.get(path)["status"] == ends, seconds=30)
    return path
