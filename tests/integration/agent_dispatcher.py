"""A small dispatcher on loopback that acts out the scanner protocol, and TCP services to find."""

import contextlib
import json
import re
import socket
import socketserver
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from agent.options import AgentOptions
from agent.scanner_agent import Agent
from agent.spool import Spool

PATIENCE_SECONDS = 20.0
LOST = "lost"  # a fault: act, then hang up without an answer
AWAY = "away"  # a fault: hang up without having acted
Fault = str | tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """What was said in one request: the whole of it, or what it said of one job."""

    route: str
    job_id: int | None
    body: dict[str, Any]
    request_id: str | None
    at: float = field(default_factory=time.monotonic)


class FakeDispatcher:
    """Hands out `jobs`, remembers every call; `faults[route]` are used up one a call.

    A sync is remembered as `sync`, and what it says of each job under its state; a poll that parks
    as `park`. A call that met a fault is of `route!`, and so is a job that was refused.
    """

    def __init__(self) -> None:
        self.jobs: deque[dict[str, Any]] = deque()
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.standing_fault: Callable[[str, dict[str, Any]], Fault | None] = lambda *_: None
        self.refusal: Callable[[dict[str, Any]], str | None] = lambda _: None
        self.control: dict[int, str] = {}
        self.heartbeat_seconds = 0.3
        self.lease_seconds = 30.0
        self.drain = False
        self.stored: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self.batches: dict[tuple[int, int], int] = {}
        self.claimed: dict[str, list[dict[str, Any]]] = {}
        self.started: set[int] = set()
        self.ended: dict[tuple[int, int], str] = {}
        self.parked = 0
        self.changed = threading.Condition()
        self._closing = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self._closing = True
            self.changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, *jobs: dict[str, Any]) -> None:
        """Have work, also for a poll that is parked."""
        with self.changed:
            self.jobs.extend(jobs)
            self.changed.notify_all()

    def wait_for(self, done: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for something to be true; what was called by then is the message if it is not."""
        with self.changed:
            assert self.changed.wait_for(done, seconds), [c.route for c in self.calls]
            return done()

    def of(self, route: str, job_id: int | None = None) -> list[Call]:
        """What was said and acted upon, of one kind."""
        return [c for c in self.calls if c.route == route and job_id in {None, c.job_id}]

    def refused(self) -> list[Call]:
        """What was said of jobs, and refused."""
        return [c for c in self.calls if c.job_id is not None and c.route.endswith("!")]

    def beats(self) -> list[dict[str, Any]]:
        """The calls that said what the agent is."""
        return [call.body for call in self.of("sync") if "bootId" in call.body]

    def found(self, job_id: int, attempt: int = 1) -> set[tuple[Any, ...]]:
        """Host, port, protocol and state of what was reported."""
        rows = self.stored.get((job_id, attempt), [])
        return {(r["host"], r.get("port"), r.get("protocol"), r["state"]) for r in rows}

    def act(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Do what the call asks."""
        with self.changed:
            self.calls.append(call)
            answer = self._sync(call) if call.route == "sync" else self._park(call)
            self.changed.notify_all()
            return 200, answer

    def fault(self, route: str, body: dict[str, Any]) -> Fault | None:
        """What shall go wrong with this call, if anything."""
        with self.changed:
            waiting = self.faults.get(route)
            return waiting.popleft() if waiting else self.standing_fault(route, body)

    def _sync(self, call: Call) -> dict[str, Any]:
        listed = call.body["jobs"]
        assert len({said["jobId"] for said in listed}) == len(listed) <= 100
        refused = {said["jobId"]: code for said in listed if (code := self._hear(said, call))}
        lost = {job_id: "lease_lost" for job_id, code in refused.items() if code == "LEASE_LOST"}
        control = {said["jobId"]: self.control.get(said["jobId"]) for said in listed} | lost
        return {
            "ok": True,
            "heartbeatSeconds": self.heartbeat_seconds,
            "leaseSeconds": self.lease_seconds,
            "drain": self.drain,
            "jobs": self._claim(call, call.body["want"]),
            "control": [{"jobId": j, "control": c} for j, c in control.items() if c],
            "errors": [{"jobId": j, "code": c, "detail": ""} for j, c in refused.items()],
        }

    def _hear(self, said: dict[str, Any], call: Call) -> str | None:
        """Take what is said of one job, or answer why it is refused."""
        key = (said["jobId"], said["attempt"])
        again = self.ended.get(key, said["state"]) != said["state"]
        code = self.refusal(said) or ("INVALID_TRANSITION" if again else self._store(said))
        route = f"{said['state']}!" if code else said["state"]
        self.calls.append(Call(route, said["jobId"], said, call.request_id))
        if not code:
            self.started.add(said["jobId"])
            if said["state"] != "running":
                self.ended[key] = said["state"]
        return code

    def _store(self, said: dict[str, Any]) -> str | None:
        assert ("batch" in said) == ("results" in said)
        key = (said["jobId"], said["attempt"])
        last = self.batches.get(key, 0)
        batch = said.get("batch", last)
        if batch > last + 1:
            return "BATCH_GAP"
        if batch == last + 1:
            self.batches[key] = batch
            self.stored.setdefault(key, []).extend(said["results"])
        return None

    def _claim(self, call: Call, limit: int) -> list[dict[str, Any]]:
        again = self.claimed.get(call.request_id or "", []) if limit else []
        again = [job for job in again if job["jobId"] not in self.started]
        if again:
            return again
        jobs = [self.jobs.popleft() for _ in range(min(limit, len(self.jobs)))]
        self.claimed[call.request_id or ""] = jobs
        return jobs

    def _park(self, call: Call) -> dict[str, Any]:
        self.parked += 1
        self.changed.notify_all()
        jobs: list[dict[str, Any]] = []
        self.changed.wait_for(
            lambda: jobs.extend(self._claim(call, call.body["limit"])) or jobs or self._closing,
            call.body["wait"],
        )
        self.parked -= 1
        return {"jobs": jobs}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        dispatcher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer goes out in one piece

            def do_GET(self) -> None:
                match = re.fullmatch(r"/scanner/jobs\?limit=(\d+)&wait=(\d+)", self.path)
                assert match
                self._serve("park", {"limit": int(match[1]), "wait": int(match[2])})

            def do_POST(self) -> None:
                assert self.path == "/scanner/sync"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._serve("sync", json.loads(body))

            def _serve(self, route: str, body: dict[str, Any]) -> None:
                fault = dispatcher.fault(route, body)
                call = Call(route, None, body, self.headers.get("X-Request-Id"))
                if fault is None or fault == LOST:
                    answer = dispatcher.act(call)
                else:
                    answer = (0, {}) if isinstance(fault, str) else fault
                if isinstance(fault, str):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                else:
                    self._answer(*answer)
                if fault is not None and fault != LOST:
                    dispatcher.note(call)

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                if status == 200 and body.get("jobs") == []:
                    self.send_header("Retry-After", "1")
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # who parked has gone
                    self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        return Handler

    def note(self, call: Call) -> None:
        """Remember a call that was answered with a fault."""
        with self.changed:
            self.calls.append(Call(f"{call.route}!", None, call.body, call.request_id))
            self.changed.notify_all()


def job(job_id: int, targets: list[tuple[str, str]], **fields: Any) -> dict[str, Any]:
    """A job as the server hands it out."""
    return {
        "jobId": job_id,
        "scanId": 1,
        "attempt": 1,
        "targets": [{"range": where, "ports": ports} for where, ports in targets],
        "maxProbesPerSecond": None,
        "rateLimitedBy": None,
        "leaseSeconds": 30,
        "engine": "connect",
        "engineArgs": {},
        **fields,
    }


def options(dispatcher: FakeDispatcher, folder: Path, **fields: Any) -> AgentOptions:
    """An agent's options for a test: quick to report, few slots."""
    given = {"slots": 4, "progress_seconds": 0.2, "flush_seconds": 0.1, **fields}
    return AgentOptions(url=dispatcher.url, api_key="key/1.secret", spool_dir=folder, **given)


def eventually(holds: Callable[[], object]) -> None:
    """Wait for something that no call tells of."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


@contextlib.contextmanager
def running(chosen: AgentOptions) -> Iterator[Agent]:
    """An agent in a thread of this process; leaving stops it, in good order."""
    spool = Spool(chosen.spool_folder, max_bytes=chosen.spool_max_bytes)
    agent = Agent(chosen, spool)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(agent.run()))
    thread.start()
    try:
        yield agent
    finally:
        agent.stopping.set()
        thread.join(PATIENCE_SECONDS)
        spool.close()
    assert codes == [0]


class _Greeter(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(self.server.banner)  # type: ignore[attr-defined]


class _Service(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, banner: bytes, port: int = 0) -> None:
        self.banner = banner
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Greeter)


@contextlib.contextmanager
def service(host: str = "127.0.0.1", banner: bytes = b"hello\r\n", port: int = 0) -> Iterator[int]:
    """A TCP service that says its banner and hangs up; yields its port."""
    with _Service(host, banner, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
