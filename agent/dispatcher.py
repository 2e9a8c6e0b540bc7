"""The two calls by which the agent speaks the scanner protocol (api.md, section 1)."""

from typing import Any

from agent import machine
from agent.client import Answer, Client

MOST_JOBS_A_POLL = 10
MOST_JOBS_A_SYNC = 100  # that are said something of, and likewise that are asked for
LONGEST_WAIT_SECONDS = 30


class Dispatcher:
    """The server as a scanner sees it. Every method may raise `UnreachableError`.

    A question for jobs that is asked again under the same `request_id`, by either call, gets the
    jobs of the answer that was lost.
    """

    def __init__(self, client: Client, *, boot_id: str, engines: list[str]) -> None:
        self._client = client
        self._boot_id = boot_id
        self._engines = engines

    def sync(
        self, jobs: list[dict[str, Any]], *, beat: bool, want: int = 0, request_id: str = ""
    ) -> Answer:
        """Say how jobs are and, with `beat`, what we are; ask for so many new ones."""
        body = {"want": want, "jobs": jobs, **(self._about_us() if beat else {})}
        return self._client.call("POST", "/scanner/sync", body, request_id=request_id)

    def park(self, *, limit: int, wait: int, request_id: str) -> Answer:
        """Wait so many seconds for work, with nothing else to say."""
        path = f"/scanner/jobs?limit={min(limit, MOST_JOBS_A_POLL)}&wait={wait}"
        return self._client.call("GET", path, request_id=request_id, parked_seconds=wait)

    def _about_us(self) -> dict[str, Any]:
        return {
            "version": machine.version(),
            "bootId": self._boot_id,
            "engines": self._engines,
            "load": machine.load(),
            "cpuCount": machine.cpu_count(),
            "memoryBytes": machine.memory_bytes(),
        }
