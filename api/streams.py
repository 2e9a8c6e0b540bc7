"""Answers that are sent as they are made."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from flask import Response

from web.blueprints import Blueprint, Decorator


def streamed(chunks: Generator[bytes], content_type: str, *, nothing: int = 200) -> Response:
    """A response of these chunks, that closes them when it is sent or the client has hung up.

    The first chunk is made here, where an error still becomes a problem document. One that comes
    later cuts the connection, so that nobody takes a part for the whole.
    nothing: the status where there is not even a first chunk.
    """
    first = next(chunks, None)
    if first is None:
        return Response(status=nothing, content_type=content_type)
    response = Response(_resumed(first, chunks), content_type=content_type)
    response.call_on_close(chunks.close)
    return response


def _resumed(first: bytes, chunks: Generator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def also_answers(blueprint: Blueprint, responses: dict[int, Any]) -> Decorator:
    """Document what a view answers beside its schema: OpenAPI's responses, by status."""
    decorator: Decorator = blueprint.doc(responses=responses)
    return decorator
