"""The operator's side of the HTTP API: one call a method, repeated where an answer was lost.

Every POST carries an `Idempotency-Key` that its repetitions share, so repeating one is safe.
"""

import functools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import urllib3

from cli import problems
from cli.connection import Connection
from cli.errors import Unavailable

TIMEOUT = urllib3.Timeout(connect=5, read=60)
AWAY = {502, 503, 504}
LONGEST_PAUSE_SECONDS = 5.0
CHUNK_BYTES = 65536

Document = dict[str, Any]


class ApiClient:
    """Speaks to one server for one operator, about one site (the token's own where None)."""

    def __init__(
        self,
        connection: Connection,
        *,
        site: str | None = None,
        tries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self._site = site
        self._tries = tries
        self._sleep = sleep
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {connection.token}"}, timeout=TIMEOUT
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pool.clear()

    def get(self, path: str, **query: Any) -> Document:
        """Return the resource at `path`; raise CliError."""
        return problems.document(self._send("GET", path, query=query))

    def post(self, path: str, body: Document | None = None) -> Document:
        """Send `body` once, however often it takes; return what the server made of it."""
        return self._change("POST", path, body or {}, {"Idempotency-Key": str(uuid.uuid4())})

    def patch(self, path: str, body: Document) -> Document:
        """Change the fields in `body`; return the resource as it is then."""
        return self._change("PATCH", path, body, {})

    def delete(self, path: str) -> None:
        """Delete the resource at `path`; raise CliError."""
        response = self._send("DELETE", path)
        if response.status >= problems.HTTP_OK_BELOW:
            raise problems.error(response)

    def each(self, path: str, **query: Any) -> Iterator[Document]:
        """Yield the items of a list, a page at a time."""
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if page.get("nextCursor") is None:
                return
            query["cursor"] = page["nextCursor"]

    def stream(self, path: str, **query: Any) -> Iterator[bytes]:
        """Yield a long answer in pieces; raise Unavailable where it breaks off."""
        response = self._send("GET", path, query=query, whole=False)
        try:
            if response.status >= problems.HTTP_OK_BELOW:
                raise problems.error(response)
            yield from response.stream(CHUNK_BYTES)
        except urllib3.exceptions.HTTPError as problem:
            raise self._unreachable(problem) from problem
        finally:
            response.close()

    def _change(self, method: str, path: str, body: Document, more: dict[str, str]) -> Document:
        headers = {"Content-Type": "application/json", **more}
        sent = json.dumps(body).encode()
        return problems.document(self._send(method, path, body=sent, headers=headers))

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Document | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        whole: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        ask = functools.partial(
            self._pool.request,
            method,
            self._url(path, query or {}),
            body=body,
            headers={**self._pool.headers, **(headers or {})},
            redirect=False,
            retries=False,
            preload_content=whole,
        )
        for attempt in range(1, self._tries):
            try:
                response = ask()
            except urllib3.exceptions.HTTPError:
                self._sleep(_pause(attempt, None))
                continue
            if response.status not in AWAY:
                return response
            response.drain_conn()
            self._sleep(_pause(attempt, response.headers.get("Retry-After")))
        try:
            return ask()
        except urllib3.exceptions.HTTPError as problem:
            raise self._unreachable(problem) from problem

    def _url(self, path: str, query: Document) -> str:
        asked = {name: value for name, value in query.items() if value is not None}
        if self._site is not None:
            asked["site"] = self._site
        return self.connection.url + path + (f"?{urlencode(asked)}" if asked else "")

    def _unreachable(self, problem: Exception) -> Unavailable:
        return Unavailable(
            f"{self.connection.url} does not answer: {_cause(problem)}",
            hint="is `scandispatch up` running there? --url, SCANDISPATCH_URL or --data say where",
        )


def _pause(attempt: int, retry_after: str | None) -> float:
    asked = float(retry_after) if retry_after and retry_after.isdigit() else 0.25 * 2**attempt
    return min(asked, LONGEST_PAUSE_SECONDS)


def _cause(problem: Exception) -> str:
    """Return the innermost reason in a few words, without urllib3's object addresses."""
    inner: BaseException = problem
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
