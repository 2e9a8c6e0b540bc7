"""Joins what is to be sent into pieces that are worth a call to the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

BYTES_A_CHUNK = 32 * 2**10


def chunked(texts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in chunks of at least BYTES_A_CHUNK but for the last."""
    held: list[bytes] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= BYTES_A_CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
