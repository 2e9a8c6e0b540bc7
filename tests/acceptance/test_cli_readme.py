"""The scanner in the README works as it stands there."""

import re
import subprocess
from pathlib import Path

from running_up import ROOT, eventually

from demo import fleet
from demo.services import open_services


def test_the_readmes_scanner_works(tmp_path: Path) -> None:
    """Pasted into a file and run by sh, it takes jobs and finds exactly what is open."""
    script = tmp_path / "scanner.sh"
    (text,) = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    script.write_text(text)

    with open_services() as services, fleet.server(tmp_path) as api:
        scanner = fleet.register(api, "curl")
        asked = {
            "targets": ["127.0.0.5", "127.0.0.16/30"],
            "ports": services.ports,
            "scannerIds": [scanner["scannerId"]],
        }
        path = f"/api/scans/{api.post('/api/scans', asked)['scanId']}"
        known = [f"URL={api.connection.url}", f"KEY={scanner['apiKey']}"]
        with subprocess.Popen(["/usr/bin/env", *known, "sh", str(script)], text=True) as process:  # noqa: S603 - ours
            try:
                eventually(lambda: api.get(path)["status"] == "completed", seconds=30)
            finally:
                process.terminate()
        found = {(one["host"], one["port"]) for one in api.each(f"{path}/results")}

    hosts = {"127.0.0.5", *(f"127.0.0.{last}" for last in range(16, 20))}
    assert found == {(host, port) for host, port in services.expected if host in hosts}
