"""The scanner in the README works as it stands there."""

import contextlib
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from running_up import ROOT, RunningUp, eventually

from cli.client import ApiClient
from cli.connection import find_connection
from demo import fleet
from demo.services import open_services


@contextlib.contextmanager
def scanner_of_the_readme(
    folder: Path, api: ApiClient, key: str
) -> Iterator[subprocess.Popen[str]]:
    """Run it, pasted into a file, for as long as the context lasts."""
    script = folder / "scanner.sh"
    (text,) = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    script.write_text(text)
    known = [f"URL={api.connection.url}", f"KEY={key}"]
    with subprocess.Popen(["/usr/bin/env", *known, "sh", str(script)], text=True) as process:  # noqa: S603 - ours
        try:
            yield process
        finally:
            process.terminate()


def test_the_readmes_scanner_works(tmp_path: Path) -> None:
    """Pasted into a file and run by sh, it takes jobs and finds exactly what is open."""
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


def scan(api: ApiClient, scanner: int) -> None:
    """Have an address scanned, and wait until that is done."""
    asked: dict[str, Any] = {"targets": ["127.0.0.5"], "ports": "9", "scannerIds": [scanner]}
    path = f"/api/scans/{api.post('/api/scans', asked)['scanId']}"
    eventually(lambda: api.get(path)["status"] == "completed", seconds=30)
