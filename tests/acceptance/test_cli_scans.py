"""The operator's commands against a real server and a real agent."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.client import ApiClient
from demo import fleet
from demo.services import Services, open_services


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with open_services() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[ApiClient]:
    with fleet.server(folder) as client:
        scanner = fleet.register(client, "lab-1")
        with fleet.agent(client, scanner, folder) as agent:
            fleet.wait_for_agents(client, [agent], folder)
            yield client


@pytest.fixture
def run(api: ApiClient, folder: Path) -> "Run":  # noqa: ARG001 - the server must run
    return Run(folder / fleet.DATA)


class Run:
    """Runs `scandispatch` on the server's data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Return what it said, when it ended with `code`."""
        command = [fleet.SCANDISPATCH, *arguments, "--data", str(self._data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - ours
        assert done.returncode == code, done.stdout + done.stderr
        return done


def test_a_scan_is_created_watched_and_read(run: Run, services: Services, tmp_path: Path) -> None:
    """From `scan create --watch` to the export: what is open is found, and nothing else."""
    words = ("--ports", services.ports, "--scanner", "lab-1", "--name", "near")
    watched = run("scan", "create", "127.0.0.0/27", *words, "--watch")
    shown = json.loads(run("scan", "show", "near", "--json").stdout)
    table = run("scan", "results", "last")
    run("scan", "results", "near", "--format", "jsonl", "--output", str(tmp_path / "found.jsonl"))

    lines = (tmp_path / "found.jsonl").read_text().splitlines()
    found = {(one["host"], one["port"]) for one in map(json.loads, lines)}
    near = {"127.0.0.5", "127.0.0.17"}
    assert "32 of 32 hosts done" in watched.stdout.splitlines()[-1]
    assert shown["status"] == "completed"
    assert found == {(host, port) for host, port in services.expected if host in near}
    assert len(lines) == len(found)
    assert all(f"{port}/tcp" in table.stdout for _, port in found)


def test_a_watched_scan_that_is_cancelled_ends_with_1(run: Run, api: ApiClient) -> None:
    """`scan cancel` ends a scan, and watching it then is a failure."""
    made = run("group", "create", "empty", "--json")
    group = str(json.loads(made.stdout)["groupId"])
    run("scan", "create", "127.0.0.1", "--ports", "9", "--group", group, "--name", "never")

    waiting = run("scan", "show", "never")
    run("scan", "cancel", "never")
    watched = run("scan", "watch", "never", code=1)

    assert "waiting for" in waiting.stdout
    assert "ended as canceled" in watched.stderr
    assert "canceled" in run("scan", "list", "--status", "canceled").stdout
    assert api.get("/api/scans", status="canceled")["items"]


def test_what_the_server_refuses_is_said_field_by_field(run: Run) -> None:
    """A network with host bits is refused with exit code 3, and the network that was meant."""
    words = ("--ports", "22", "--scanner", "lab-1")
    refused = run("scan", "create", "192.0.2.1/24", *words, code=3)

    assert "targets" in refused.stderr
    assert "192.0.2.0/24" in refused.stderr


def test_a_wrong_token_ends_with_4(run: Run) -> None:
    """A token that the server does not know is said so, with exit code 4."""
    refused = run("scan", "list", "--token", "wrong", code=4)

    assert "INVALID_TOKEN" in refused.stderr


def test_scanners_and_groups_are_listed(run: Run) -> None:
    """`scanner list` shows who is online, and `group list` who is in a group."""
    run("group", "create", "lab", "--scanner", "lab-1")

    assert "online" in run("scanner", "list").stdout
    assert "lab-1" in run("group", "list").stdout


def test_a_clean_store_passes_the_audit(run: Run) -> None:
    """`audit` ends with 0, and says how much it counted."""
    assert run("audit").stdout


def test_the_steps_of_a_scan(run: Run) -> None:
    """Pause, resume, cancel, rerun, coverage, delete; queues show what waits meanwhile."""
    run("scanner", "create", "absent")
    words = ("--ports", "20022", "--scanner", "absent", "--name", "waits")
    run("scan", "create", "127.0.0.0/30", *words)

    assert "paused" in run("scan", "pause", "waits").stdout
    assert "pending" in run("scan", "resume", "waits").stdout
    queues = json.loads(run("queues", "--json").stdout)
    assert [q["waitingCount"] for q in queues if q["name"] == "absent"] == [1]
    assert "absent" in run("queues").stdout
    assert "canceled" in run("scan", "cancel", "waits").stdout
    assert "not reached" in run("scan", "coverage", "waits").stdout
    again = json.loads(run("scan", "rerun", "waits", "--json").stdout)
    assert again["targets"] == ["127.0.0.0-127.0.0.3"]
    run("scan", "delete", str(again["scanId"]), code=3)
    run("scan", "cancel", str(again["scanId"]))
    run("scan", "delete", str(again["scanId"]))
    run("scan", "show", str(again["scanId"]), code=3)


def test_the_steps_of_scanners_and_groups(run: Run) -> None:
    """Drain, disable and back, a new key, in and out of a group, delete."""
    run("scanner", "create", "brief")
    run("group", "create", "few", "--scanner", "brief")

    assert "few: 0 scanners" in run("group", "remove", "few", "brief").stdout
    assert "few: 2 scanners" in run("group", "add", "few", "brief", "lab-1").stdout
    assert "disabled" in run("scanner", "disable", "brief").stdout
    assert "offline" in run("scanner", "enable", "brief").stdout
    run("scanner", "create", "brief", code=3)
    run("group", "create", "few", code=3)
    assert "draining" in run("scanner", "drain", "brief").stdout
    assert "offline" in run("scanner", "drain", "brief", "--undo").stdout
    assert "shown only now" in run("scanner", "new-key", "brief").stdout
    run("group", "delete", "few")
    run("scanner", "delete", "brief")
    run("scanner", "delete", "brief", code=3)
