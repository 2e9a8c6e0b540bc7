"""One HTTP call to the server and what came of it. Retrying is the caller's business."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3

from agent import clock
from agent.errors import UnreachableError
from agent.options import AgentOptions
from agent.text import printable

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
MOST_ANSWER_BYTES = 16 * 1024 * 1024
MOST_RETRY_AFTER_SECONDS = 300.0
SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class Answer:
    """What the server said; `sent_at` is when we asked, by `clock.now`."""

    status: int
    sent_at: float
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the call did what it was to do."""
        return self.status == HTTPStatus.OK

    @property
    def code(self) -> str:
        """The problem's code; empty where it did not come from a dispatcher but a proxy."""
        code = self.body.get("code", "")
        return code if isinstance(code, str) else ""

    def __str__(self) -> str:
        detail = self.body.get("detail") or self.body.get("title") or ""
        return printable(f"{self.status} {self.code} {detail}", SHOWN_CHARACTERS)


class Client:
    """Speaks JSON with one server under one key, over one connection that is kept."""

    def __init__(self, options: AgentOptions) -> None:
        self._base = options.url.rstrip("/")
        self._pool = urllib3.PoolManager(
            retries=False,
            headers={"X-API-Key": options.api_key, "User-Agent": "scandispatch-agent"},
            ca_certs=str(options.ca_file) if options.ca_file else None,
        )

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        request_id: str = "",
        parked_seconds: float = 0.0,
    ) -> Answer:
        """Ask once; the server may take `parked_seconds` longer than usual to answer.

        Raises:
            UnreachableError: no answer, or one that is no JSON object where it should be.
        """
        headers = dict(self._pool.headers)
        if request_id:
            headers["X-Request-Id"] = request_id
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        sent_at = clock.now()
        try:
            response = self._pool.request(
                method,
                self._base + path,
                body=data,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(
                    connect=CONNECT_SECONDS, read=READ_SECONDS + parked_seconds
                ),
            )
            return _read(response, sent_at)
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{method} {path}: {_cause(error)}") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.clear()


def _read(response: urllib3.BaseHTTPResponse, sent_at: float) -> Answer:
    try:
        raw = response.read(MOST_ANSWER_BYTES + 1)
        if len(raw) > MOST_ANSWER_BYTES:
            response.close()
        return Answer(
            status=response.status,
            sent_at=sent_at,
            body=_parsed(raw, response.status),
            retry_after=_seconds(response.headers.get("Retry-After")),
        )
    finally:
        response.release_conn()


def _cause(error: Exception) -> str:
    """The innermost reason in a few words, without urllib3's objects and their addresses."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    said = getattr(inner, "strerror", None) or str(inner).rpartition(">: ")[2]
    return printable(said or type(inner).__name__, SHOWN_CHARACTERS)


def _parsed(raw: bytes, status: int) -> dict[str, Any]:
    """The body as an object; a failure may come from a proxy and say anything."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    if status == HTTPStatus.OK:
        raise UnreachableError(f"an answer that is no JSON object: {raw[:60]!r}")
    return {}


def _seconds(header: str | None) -> float | None:
    if header is None or not header.isascii() or not header.isdigit():
        return None
    return min(float(header[:9]), MOST_RETRY_AFTER_SECONDS)
