"""Real TCP services on loopback addresses, and the truth about them that a scan must find."""

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

NETWORK = "127.0.0.0/24"
ADDRESSES = tuple(f"127.0.0.{last}" for last in (5, 17, 42, 64, 99, 128, 177, 200, 254))
COPIES = 2  # addresses that each kind of service is opened on
SHIFTS = range(0, 10_000, 1000)  # where other programs, or other demos, have these ports
LINGER_SECONDS = 5.0

BANNERS = {  # port → what the service says first; b"" waits to be spoken to
    20021: b"220 files.demo FTP server ready\r\n",
    20022: b"SSH-2.0-OpenSSH_9.6\r\n",
    20023: b"Welcome\r\nlogin: ",
    20025: b"220 mail.demo ESMTP\r\n",
    20080: b"",
    20110: b"+OK POP3 ready\r\n",
    20119: b"200 news.demo NNTP ready\r\n",
    20143: b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
    20194: b":irc.demo NOTICE * :*** Looking up your hostname\r\n",
    20220: b"SSH-2.0-dropbear_2024.86\r\n",
    20306: b"J\x00\x00\x00\n8.0.39\x00",
    20379: b"-ERR unknown command\r\n",
    20443: b"",
    20465: b"220 relay.demo ESMTP\r\n",
    20587: b"220 submit.demo ESMTP\r\n",
    20631: b"",
    20873: b"@RSYNCD: 31.0\n",
    20993: b"* OK IMAP4 ready\r\n",
}


class NoServicesError(Exception):
    """This machine cannot open the demo's services."""


@dataclass(frozen=True, slots=True)
class Services:
    """What is open: every (address, port), and nothing else on the ports that are scanned."""

    expected: frozenset[tuple[str, int]]

    @property
    def hosts(self) -> int:
        """Return on how many addresses something is open."""
        return len({host for host, _ in self.expected})

    @property
    def ports(self) -> str:
        """Return the ports as nmap writes them."""
        return ",".join(str(port) for port in sorted({port for _, port in self.expected}))


@contextlib.contextmanager
def open_services() -> Iterator[Services]:
    """Open the services for as long as the context lasts; raise NoServicesError."""
    with _background_loop() as loop:
        servers: list[asyncio.Server] = []
        try:
            asyncio.run_coroutine_threadsafe(_open_all(servers), loop).result()
            yield Services(frozenset(server.sockets[0].getsockname() for server in servers))
        finally:
            asyncio.run_coroutine_threadsafe(_close_all(servers), loop).result()


@contextlib.contextmanager
def _background_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="services")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open_all(servers: list[asyncio.Server]) -> None:
    shift = next((by for by in SHIFTS if all(_is_free(port + by) for port in BANNERS)), None)
    if shift is None:
        raise NoServicesError("too many of the ports 20000-29999 are in use on this machine")
    kinds = [(port + shift, banner) for port, banner in BANNERS.items()]
    places = [
        (ADDRESSES[(index * COPIES + copy * 5) % len(ADDRESSES)], port, banner)
        for index, (port, banner) in enumerate(kinds)
        for copy in range(COPIES)
    ]
    for place in places:
        servers.append(await _open(*place))  # noqa: PERF401 - one that fails leaves none open


async def _open(address: str, port: int, banner: bytes) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await _converse(reader, writer, banner)

    try:
        return await asyncio.start_server(serve, address, port)
    except OSError as problem:
        if problem.errno == errno.EADDRNOTAVAIL:
            raise NoServicesError(
                f"this machine does not let a program listen on {address}; the demo needs Linux, "
                "where all of 127.0.0.0/8 is its own"
            ) from problem
        raise NoServicesError(f"{address}:{port} cannot be opened: {problem.strerror}") from problem


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, banner: bytes
) -> None:
    writer.write(banner)
    if await reader.read(1024) and not banner:
        writer.write(b"HTTP/1.0 200 OK\r\nServer: demo\r\n\r\n")
        await writer.drain()


async def _close_all(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)
    await asyncio.gather(*(server.wait_closed() for server in servers))


def _is_free(port: int) -> bool:
    """Return whether no program on this machine listens on `port`, on whatever address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last demo's are gone
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - never listens
        except OSError:
            return False
    return True
