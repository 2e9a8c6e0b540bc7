"""A server in this process that answers as it is told, and remembers what it was asked."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """One answer; `body` is sent as JSON unless it is bytes."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing_bytes: int = 0  # promised in Content-Length, and never sent


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class FakeApi:
    """Answers each method and path with its answers in turn, the last again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answer so from now on."""
        self._answers[method, path] += answers

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answers = self._answers[asked.method, asked.path]
        if not answers:
            return problem(404, "NOT_FOUND", f"no {asked.path} here")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    dict(self.headers),
                    json.loads(body) if body else None,
                )
                self._send(fake._answer(asked))

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

            def _send(self, answer: Answer) -> None:
                raw = answer.body
                sent = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent) + answer.missing_bytes))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        return Handler


def problem(status: int, code: str, detail: str, **more: Any) -> Answer:
    body = {"title": code, "status": status, "detail": detail, "code": code, **more}
    return Answer(body, status, {"Content-Type": "application/problem+json"})


def page(*items: Any, cursor: str | None = None) -> Answer:
    return Answer({"items": list(items), "nextCursor": cursor})


def scan(scan_id: int = 7, status: str = "running", done: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "scanId": scan_id,
        "name": "office",
        "status": status,
        "statusReason": None,
        "statusSince": "2026-01-01T10:00:00Z",
        "waitingFor": None,
        "targets": ["192.0.2.0/24"],
        "exclude": [],
        "ports": "22",
        "portListId": None,
        "engine": "connect",
        "maxProbesPerSecond": None,
        "hosts": {
            "total": 256,
            "done": done,
            "failed": 0,
            "inFlight": 0,
            "waiting": 256 - done,
            "excluded": 0,
        },
        "tasks": {"claimed": 0, "running": 1, "completed": 0, "failed": 0, "expired": 0},
        "progress": done / 256,
        "resultCount": 0,
        "etaSeconds": None,
        "createdAt": "2026-01-01T10:00:00Z",
        "startedAt": None,
        "finishedAt": None,
    } | more
