"""One TCP connect: what became of it, and what the service said first."""

import asyncio
import errno
import socket
from dataclasses import dataclass
from typing import Final

from agent.finding import BANNER_CHARACTERS, State
from agent.targets import Address

BANNER_SECONDS = 1.0
_BANNER_BYTES = BANNER_CHARACTERS
_RETRIES = 5
_RETRY_SECONDS = 0.2

# Ours to sort out, and soon over: no descriptors, no buffers, no free local ports.
_PASSING: Final = frozenset({
    errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAGAIN,
})  # fmt: skip
# What a router or the other side's kernel said on the way (RFC 1122, section 4.2.3.9).
_FILTERED: Final = frozenset({errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN})
_CLOSED: Final = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})


@dataclass(frozen=True)
class Outcome:
    """The state of one port."""

    state: State
    banner: bytes = b""


async def probe(address: Address, port: int, *, timeout_seconds: float, banner: bool) -> Outcome:
    """Connect once; wait a little where the machine is short of something.

    Raises:
        OSError: a failure on our own side: the address could not be judged.
    """
    if address.is_unspecified:  # our kernel would take it for this very machine
        return Outcome("filtered")
    for attempt in range(_RETRIES + 1):
        try:
            return await _connect(address, port, timeout_seconds, banner=banner)
        except OSError as error:
            if error.errno not in _PASSING or attempt == _RETRIES:
                raise
        await asyncio.sleep(_RETRY_SECONDS * (attempt + 1))
    raise AssertionError("the loop above returns or raises")


async def _connect(address: Address, port: int, timeout_seconds: float, *, banner: bool) -> Outcome:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(0)
        try:
            async with asyncio.timeout(timeout_seconds):
                await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
        except TimeoutError:
            return Outcome("filtered")
        except OSError as error:
            return _judged(error)
        if _met_ourselves(sock):
            return Outcome("closed")
        return Outcome("open", await _greeting(sock) if banner else b"")


def _judged(error: OSError) -> Outcome:
    if error.errno in _CLOSED:
        return Outcome("closed")
    if error.errno in _FILTERED:
        return Outcome("filtered")
    raise error


def _met_ourselves(sock: socket.socket) -> bool:
    """Whether the kernel joined our own port to itself (simultaneous open, RFC 9293, 3.5)."""
    try:
        return bool(sock.getsockname() == sock.getpeername())
    except OSError:  # the other side has hung up already, so there was one
        return False


async def _greeting(sock: socket.socket) -> bytes:
    """What the service says unasked; nothing where it says nothing, or hangs up."""
    try:
        async with asyncio.timeout(BANNER_SECONDS):
            return await asyncio.get_running_loop().sock_recv(sock, _BANNER_BYTES)
    except OSError:
        return b""
