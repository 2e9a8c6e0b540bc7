"""A whole site for the tests: a real server, real agents, real services, one scan."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from demo.services import NETWORK, Services, open_services
from tests.acceptance.running_up import ROOT, RunningUp, eventually

QUICK = {
    "CLAIM_SECONDS": "6",
    "LEASE_SECONDS": "6",
    "HEARTBEAT_SECONDS": "2",
    "SWEEP_SECONDS": "1",
    "IDLE_RETRY_SECONDS": "1",
}
FINDS = frozenset({"open"})
SCAN_SECONDS = 90
SLOTS = 2

Json = dict[str, Any]


@dataclass
class Fleet:
    """The server, and what was started beside it."""

    up: RunningUp
    services: Services
    folder: Path
    agents: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """An operator's call; tried again while the server is away."""
        operator = self.up.operator
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                answer = self.http.request(
                    method,
                    operator["url"] + path,
                    json=body,
                    headers={"Authorization": f"Bearer {operator['token']}"},
                    retries=False,
                    timeout=5,
                )
                if answer.status < 400:
                    return dict(answer.json())
                assert answer.status == 503, (answer.status, answer.data)
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def start_agents(self, count: int, *options: str) -> int:
        """Agents in one group; the group's id."""
        group = self.ask("POST", "/api/groups", {"name": "all"})["groupId"]
        for number in range(count):
            wanted = {"name": f"agent-{number}", "groupIds": [group], "taskCapacity": SLOTS}
            scanner = self.ask("POST", "/api/scanners", wanted)
            self.agents[scanner["scannerId"]] = self._agent(scanner["apiKey"], *options)
        return int(group)

    def _agent(self, key: str, *options: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "agents.log").open("ab")
        with log:
            return subprocess.Popen(  # noqa: S603 - ours
                [
                    *(sys.executable, "-m", "cli.main", "agent", "--url", self.up.operator["url"]),
                    *("--slots", str(SLOTS), "--spool", str(self.folder / "spool"), *options),
                ],
                cwd=ROOT,
                env={**os.environ, "SCANDISPATCH_API_KEY": key},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def scan(self, group: int, **wanted: Any) -> int:
        """A scan of the services' network."""
        body = {
            "targets": [NETWORK],
            "ports": self.services.ports,
            "groupIds": [group],
            "hostsPerTask": 8,
            **wanted,
        }
        return int(self.ask("POST", "/api/scans", body)["scanId"])

    def look(self, scan: int) -> Json:
        """The scan as it is now."""
        return self.ask("GET", f"/api/scans/{scan}")

    def tasks(self, scan: int) -> list[Json]:
        """Its tasks, newest first."""
        return list(self.ask("GET", f"/api/scans/{scan}/tasks?limit=1000")["items"])

    def kill_at_work(self, scan: int) -> int:
        """Kill -9 an agent that holds started tasks of the scan; the scanner's id.

        It is halted first, so that none of them ends between the look and the kill.
        """
        for scanner, agent in itertools.cycle(self.agents.items()):
            agent.send_signal(signal.SIGSTOP)
            if self._holds_started(scan, scanner) and self._holds_started(scan, scanner):
                agent.kill()
                return scanner
            agent.send_signal(signal.SIGCONT)
            assert self.look(scan)["finishedAt"] is None
        raise AssertionError("there is no agent")

    def _holds_started(self, scan: int, scanner: int) -> bool:
        """Whether it does; asked twice, a report that was on its way has come in between."""
        return any(
            task["scannerId"] == scanner and task["status"] == "running"
            for task in self.tasks(scan)
        )

    def until(self, scan: int, holds: Callable[[Json], object]) -> None:
        """Wait until the scan is as wanted."""
        eventually(lambda: holds(self.look(scan)), seconds=SCAN_SECONDS)

    def found(self, scan: int) -> list[tuple[str, int]]:
        """What the scan found open, each row that is kept."""
        rows: list[Json] = []
        cursor = ""
        while cursor is not None:
            page = self.ask("GET", f"/api/scans/{scan}/results?limit=500&cursor={cursor}")
            rows += page["items"]
            cursor = page["nextCursor"]
        return sorted((r["host"], r["port"]) for r in rows if r["state"] in FINDS)

    def audit(self) -> str:
        """What `scandispatch audit` says of the store; fails where it found something."""
        return subprocess.run(  # noqa: S603 - ours
            [sys.executable, "-m", "cli.main", "audit", "--data", str(self.up.data)],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def assert_whole(self, scan: int) -> None:
        """Every address is done, every service found and nothing else; the audit is clean."""
        self.until(scan, lambda now: now["status"] in {"completed", "failed", "canceled"})
        coverage = self.ask("GET", f"/api/scans/{scan}/coverage")
        assert self.look(scan)["status"] == "completed"
        assert (coverage["done"], coverage["total"], coverage["notReached"]) == (256, 256, 0)
        assert coverage["ranges"]["done"] == ["127.0.0.0-127.0.0.255"]
        assert set(self.found(scan)) == self.services.expected
        self.audit()


@contextlib.contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """A server on a fresh data folder, and the services; ends all that was started."""
    with open_services() as services, RunningUp(folder / "data", **QUICK) as up:
        site = Fleet(up, services, folder)
        try:
            yield site
        finally:
            for agent in site.agents.values():
                agent.kill()
                agent.wait()
            site.http.clear()
            up.signal_and_wait(signal.SIGTERM)
