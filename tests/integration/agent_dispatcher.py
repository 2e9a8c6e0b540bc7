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
    """One request as it came."""

    route: str
    job_id: int | None
    body: dict[str, Any]
    request_id: str | None
    at: float = field(default_factory=time.monotonic)


class FakeDispatcher:
    """Hands out `jobs`, remembers every call; `faults[route]` are used up one a call."""

    def __init__(self) -> None:
        self.jobs: deque[dict[str, Any]] = deque()
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.standing_fault: Callable[[str, dict[str, Any]], Fault | None] = lambda *_: None
        self.control: dict[int, str] = {}
        self.heartbeat_control: dict[int, str] = {}
        self.heartbeat_seconds = 0.3
        self.lease_seconds = 30.0
        self.stored: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self.batches: dict[tuple[int, int], int] = {}
        self.claimed: dict[str, list[dict[str, Any]]] = {}
        self.started: set[int] = set()
        self.changed = threading.Condition()
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
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, done: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for something to be true; what was called by then is the message if it is not."""
        with self.changed:
            assert self.changed.wait_for(done, seconds), [c.route for c in self.calls]
            return done()

    def of(self, route: str, job_id: int | None = None) -> list[Call]:
        """Calls of one kind, acted upon; those that met a fault are of `route!`."""
        return [c for c in self.calls if c.route == route and job_id in {None, c.job_id}]

    def found(self, job_id: int, attempt: int = 1) -> set[tuple[Any, ...]]:
        """Host, port, protocol and state of what was reported."""
        rows = self.stored.get((job_id, attempt), [])
        return {(r["host"], r.get("port"), r.get("protocol"), r["state"]) for r in rows}

    def act(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Do what the call asks."""
        with self.changed:
            self.calls.append(call)
            answer = getattr(self, f"_{call.route}")(call)
            self.changed.notify_all()
            return answer

    def fault(self, route: str, body: dict[str, Any]) -> Fault | None:
        """What shall go wrong with this call, if anything."""
        with self.changed:
            waiting = self.faults.get(route)
            return waiting.popleft() if waiting else self.standing_fault(route, body)

    def _claim(self, call: Call) -> tuple[int, dict[str, Any]]:
        again = self.claimed.get(call.request_id or "", [])
        again = [job for job in again if job["jobId"] not in self.started]
        if again:
            return 200, {"jobs": again}
        jobs = [self.jobs.popleft() for _ in range(min(call.body["limit"], len(self.jobs)))]
        self.claimed[call.request_id or ""] = jobs
        return 200, {"jobs": jobs}

    def _start(self, call: Call) -> tuple[int, dict[str, Any]]:
        self.started.add(call.job_id or 0)
        return 200, {"ok": True, "leaseSeconds": self.lease_seconds}

    def _progress(self, call: Call) -> tuple[int, dict[str, Any]]:
        control = self.control.get(call.job_id or 0, "continue")
        return 200, {"ok": True, "control": control, "leaseSeconds": self.lease_seconds}

    def _results(self, call: Call) -> tuple[int, dict[str, Any]]:
        key = (call.job_id or 0, call.body["attempt"])
        last = self.batches.get(key, 0)
        if call.body["batch"] > last + 1:
            return 409, {"code": "BATCH_GAP"}
        if call.body["batch"] == last + 1:
            self.batches[key] = last + 1
            self.stored.setdefault(key, []).extend(call.body["results"])
        return 200, {"ok": True, "accepted": len(call.body["results"])}

    def _complete(self, _call: Call) -> tuple[int, dict[str, Any]]:
        return 200, {"ok": True}

    def _release(self, _call: Call) -> tuple[int, dict[str, Any]]:
        return 200, {"ok": True}

    def _heartbeat(self, _call: Call) -> tuple[int, dict[str, Any]]:
        orders = [{"jobId": j, "control": c} for j, c in self.heartbeat_control.items()]
        return 200, {
            "ok": True,
            "heartbeatSeconds": self.heartbeat_seconds,
            "control": orders,
            "drain": False,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        dispatcher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                limit = int(self.path.partition("limit=")[2] or 1)
                self._serve("claim", None, {"limit": limit})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                match = re.fullmatch(r"/scanner/jobs/(\d+)/(\w+)", self.path)
                self._serve(
                    match[2] if match else "heartbeat", int(match[1]) if match else None, body
                )

            def _serve(self, route: str, job_id: int | None, body: dict[str, Any]) -> None:
                fault = dispatcher.fault(route, body)
                call = Call(route, job_id, body, self.headers.get("X-Request-Id"))
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
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        return Handler

    def note(self, call: Call) -> None:
        """Remember a call that was answered with a fault."""
        with self.changed:
            self.calls.append(Call(f"{call.route}!", call.job_id, call.body, call.request_id))
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
