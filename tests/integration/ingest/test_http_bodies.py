"""Bodies that are no JSON, not ours, too large or too deep: a problem, and nothing changes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.integration.ingest.asking import Server, expect_errors, expect_json, expect_problem

JSON = "application/json"
MOST_BYTES = 8 * 2**20
CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
DOORS = ["/api/groups", "/api/scans/1/cancel", "/scanner/heartbeat", "/scanner/jobs/1/start"]
MALFORMED = {
    "cut off": b'{"name": "g"',
    "two": b"{} {}",
    "only spaces": b"  \n",
    "words": b"name=g",
    "single quotes": b"{'name': 'g'}",
    "trailing comma": b'{"name": "g",}',
    "comment": b'{"name": "g"} // x',
    "NUL": b'{"name": "g"}\x00',
    "deep lists": b"[" * 1000,
    "closed deep lists": b"[" * 1000 + b"]" * 1000,
    "deep objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "very deep lists": b"[" * 200_000,
    "40 deep": b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}",
    "500 digits": b'{"jobCapacity": ' + b"9" * 500 + b"}",
    "5000 digits": b'{"jobCapacity": ' + b"9" * 5000 + b"}",
    "negative digits": b'{"jobCapacity": -' + b"9" * 500 + b"}",
    "large exponent": b'{"jobCapacity": 1e999}',
    "NaN": b'{"jobCapacity": NaN}',
    "Infinity": b'{"jobCapacity": -Infinity}',
    "raw surrogate": b'{"name": "\xed\xa0\x80"}',
    "escaped surrogate": b'{"name": "\\ud800"}',
    "surrogates in the wrong order": b'{"name": "\\udc00\\ud800"}',
    "surrogate in a name": b'{"\\udfff": 1}',
    "latin-1": '{"name": "ü"}'.encode("latin-1"),
    "UTF-16": '{"name": "g"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name": "g"}',
    "overlong": b'{"name": "\xc0\xaf"}',
    "name twice": b'{"name": "g", "name": "h"}',
    "raw newline": b'{"name": "a\nb"}',
}


def asker(server: Server, door: str) -> Any:
    return server.scanner() if door.startswith("/scanner") else server.admin


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_json_is_malformed(server: Server, door: str, body: bytes) -> None:
    """400, at every door, and nothing is created."""
    answer = asker(server, door).post(door, data=body, content_type=JSON)

    document = expect_problem(answer, 400, "MALFORMED_BODY")
    assert "\\ud" not in document["title"]
    assert expect_json(server.admin.get("/api/groups"))["items"] == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "text/json", "application/x-www-form-urlencoded", "*/*", ";;", "x"),
        *("multipart/form-data", "application/jsonp", "application/problem+json", "\u00ff"),
    ],
)
def test_another_content_type_is_refused(server: Server, door: str, content_type: str) -> None:
    """415, whatever the body."""
    answer = asker(server, door).post(door, data=b"{}", content_type=content_type)

    expect_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json; charset=utf-8"])
def test_the_content_type_may_have_parameters(server: Server, content_type: str) -> None:
    """And be written in any case."""
    body = '{"name": "Büro"}'.encode()
    answer = server.admin.post("/api/groups", data=body, content_type=content_type)

    assert expect_json(answer, 201)["name"] == "Büro"


@pytest.mark.parametrize("content_type", ["", JSON, "text/plain"])
def test_no_body_counts_as_an_empty_object(server: Server, content_type: str) -> None:
    """Whatever type it claims to have."""
    scanner = server.scanner()

    answer = scanner.post("/scanner/heartbeat", data=b"", content_type=content_type)
    assert expect_json(answer)["ok"] is True
    answer = server.admin.post("/api/groups", data=b"", content_type=content_type)
    assert list(expect_errors(answer)) == ["name"]


@pytest.mark.parametrize("body", [b"null", b"[]", b"[{}]", b'"x"', b"7", b"1.5", b"true"])
@pytest.mark.parametrize("door", DOORS)
def test_json_that_is_no_object_has_no_fields(server: Server, door: str, body: bytes) -> None:
    """422, for the body as a whole."""
    answer = asker(server, door).post(door, data=body, content_type=JSON)

    assert list(expect_errors(answer)) == ["body"]


@pytest.mark.parametrize("door", DOORS)
def test_unknown_fields_are_refused(server: Server, door: str) -> None:
    """Even where none is known."""
    answer = asker(server, door).post(door, {"bogus": {"deep": [1]}})

    assert "bogus" in expect_errors(answer)


def test_escapes_are_read(server: Server) -> None:
    """A pair of surrogates is one character, and a name may be written with escapes."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["10.0.0.1"])
    job = scanner.begin()
    body = b'{"status": "failed", "errorMessage": "\\ud83d\\ude00 \\u00fc"}'
    expect_json(
        scanner.post(f"/scanner/jobs/{job['jobId']}/complete", data=body, content_type=JSON)
    )
    [task] = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/tasks"))["items"]

    assert task["errorMessage"] == "\U0001f600 ü"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_above_the_limit_is_refused(server: Server, door: str, *, chunked: bool) -> None:
    """With its length announced, and in chunks of which nobody knows how many will come."""
    stream = io.BytesIO(b" " * (MOST_BYTES + 1))
    options: dict[str, Any] = (
        {"environ": CHUNKED} if chunked else {"content_length": MOST_BYTES + 1}
    )
    answer = asker(server, door).post(door, input_stream=stream, content_type=JSON, **options)

    expect_problem(answer, 413, "BODY_TOO_LARGE")


def test_a_body_in_chunks_is_read(server: Server) -> None:
    """Where the server says that it ends."""
    stream = io.BytesIO(b'{"name": "g"}')
    answer = server.admin.post(
        "/api/groups", input_stream=stream, content_type=JSON, environ=CHUNKED
    )

    assert expect_json(answer, 201)["name"] == "g"


@pytest.mark.parametrize("environ", [{}, CHUNKED])
def test_a_large_body_within_the_limit_is_read(server: Server, environ: dict[str, Any]) -> None:
    """To the last byte; one byte more is too much even where the rest would be JSON."""
    body = b'{"name": "g"' + b" " * (MOST_BYTES - 13) + b"}"

    for extra, status in ((b"", 201), (b"x", 413)):
        options = {"data": body + extra, "content_type": JSON, "environ": environ}
        if environ:
            options = {**options, "data": None, "input_stream": io.BytesIO(body + extra)}
        assert server.admin.post("/api/groups", **options).status_code == status
