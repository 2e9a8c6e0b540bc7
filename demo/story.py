"""The story that the demo tells: a fleet, a scan, a crash in the middle, and nothing lost."""

import signal
import time
from collections.abc import Sequence

from cli.client import ApiClient, Document
from cli.errors import Unavailable
from cli.progress import View, view
from cli.watch import follow
from demo.fleet import Agent
from demo.services import NETWORK

PROBES_PER_SECOND = 240
HOSTS_PER_TASK = 4
CRASH_AT = 0.3  # of the scan
MOST_SECONDS = 90.0
LOOK_SECONDS = 0.5


class Story:
    """One scan of the demo's network by a group, and the agents that work on it."""

    def __init__(self, api: ApiClient, agents: Sequence[Agent], group_id: int, ports: str) -> None:
        self._crashed = False
        self._agents = agents
        self._api = api
        asked = {
            "name": "demo",
            "targets": [NETWORK],
            "ports": ports,
            "groupIds": [group_id],
            "maxProbesPerSecond": PROBES_PER_SECOND,
            "hostsPerTask": HOSTS_PER_TASK,
        }
        self._path = f"/api/scans/{api.post('/api/scans', asked)['scanId']}"

    def play(self) -> None:
        """Follow the scan to its end, or for as long as the demo may take, with the crash in it."""
        deadline = time.monotonic() + MOST_SECONDS
        with view(as_json=False) as shown:
            for scan in follow(self._api, self._path, interval_seconds=LOOK_SECONDS):
                if isinstance(scan, Unavailable):
                    raise scan
                shown.show(scan)
                if not self._crashed and scan["progress"] >= CRASH_AT:
                    self._crash(shown)
                if time.monotonic() > deadline:
                    return

    def scan(self) -> Document:
        """Return the scan as it is now."""
        return self._api.get(self._path)

    def tasks(self) -> list[Document]:
        """Return its tasks, as the server has them."""
        return list(self._api.each(f"{self._path}/tasks", limit=100))

    def results(self) -> list[Document]:
        """Return all that was reported, the same thing twice if it was reported twice."""
        return list(self._api.each(f"{self._path}/results", limit=100))

    def _crash(self, shown: View) -> None:
        """Kill the first agent that holds started tasks: halted first, so that it surely does."""
        for agent in self._agents:
            agent.process.send_signal(signal.SIGSTOP)
            if started := self._started_by(agent):
                agent.process.kill()
                self._crashed = True
                shown.say(f"kill -9 of agent {agent.name}, which has {started} tasks started")
                return
            agent.process.send_signal(signal.SIGCONT)

    def _started_by(self, agent: Agent) -> int:
        return sum(
            task["scannerId"] == agent.scanner_id and task["status"] == "running"
            for task in self.tasks()
        )
