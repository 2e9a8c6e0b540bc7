"""A proxy for nmap's version detection, which keeps no rate of its own: here each connect has one.

Speaks HTTP CONNECT (RFC 9110, section 9.3.6) on loopback, and leads nowhere but to the targets of
the run that it was opened for, so it is of no use to anyone else on this machine.
"""

import asyncio
import contextlib
import ipaddress
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from agent.engines.turn import turn
from agent.rate import Pacer
from agent.targets import Block

_CONNECT_SECONDS = 5.0  # nmap waits no longer
_SETTLE_SECONDS = 0.25  # nmap loses what it reads together with the answer to its CONNECT
_PIECE_BYTES = 16 * 1024
_MADE = b"HTTP/1.0 200 OK\r\n\r\n"


class PacedProxy:
    """A context: inside it, `url` is where nmap's `--proxies` leads."""

    def __init__(self, blocks: Sequence[Block], rate: float) -> None:
        self._blocks = blocks
        self._rate = rate
        self._pacer = Pacer(rate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._at_work: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are one
        if not self._at_work:  # nmap's port scan, or nothing, came before: it begins anew
            self._pacer = Pacer(self._rate)
        self._at_work.add(task)
        try:
            with contextlib.suppress(
                OSError, ValueError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError
            ):
                await self._relay(reader, writer)
        finally:
            self._at_work.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Make the connect that was asked for when it is its turn; one that fails is hung up on."""
        host, port = _asked(await reader.readuntil(b"\r\n\r\n"))
        address = ipaddress.ip_address(host)
        if all(
            block.index_of(address) is None or port not in block.ports for block in self._blocks
        ):
            return
        await turn([self._pacer])
        async with asyncio.timeout(_CONNECT_SECONDS):
            from_target, to_target = await asyncio.open_connection(host, port)
        with contextlib.closing(to_target):
            writer.write(_MADE)
            there = asyncio.create_task(_pump(reader, to_target))
            here = asyncio.create_task(_pump(from_target, writer, after=_SETTLE_SECONDS))
            try:
                await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                here.cancel()


def _asked(head: bytes) -> tuple[str, int]:
    """Host and port of a CONNECT; nmap writes IPv6 addresses without brackets."""
    method, where, *_ = head.decode("ascii").split()
    host, _, port = where.rpartition(":")
    if method != "CONNECT":
        raise ValueError(method)
    return host.strip("[]"), int(port)


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, after: float = 0.0
) -> None:
    with contextlib.suppress(OSError):
        await asyncio.sleep(after)
        while piece := await source.read(_PIECE_BYTES):
            sink.write(piece)
            await sink.drain()
