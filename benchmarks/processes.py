"""What the kernel says of processes: who belongs to whom, memory, time on the cores, sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
        return [int(one) for thread in threads for one in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for child in children(pid):
        yield from family(child)


def command(pid: int) -> str:
    """Its command line."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def resident_mb(pid: int) -> float:
    """Its resident memory, in MB."""
    status = (PROC / str(pid) / "status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def busy_seconds(pid: int) -> float:
    """How long it, and those of its children that have ended, had a core."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND


def sockets(pid: int) -> set[str]:
    """The inodes of its sockets."""
    found = set()
    for each in (PROC / str(pid) / "fd").iterdir():
        try:
            target = str(each.readlink())
        except FileNotFoundError:  # closed since
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def inodes_by_peer(port: int) -> dict[int, str]:
    """The sockets of a server's connections on this machine: port of the client -> inode."""
    found = {}
    for line in (PROC / "net" / "tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, peer, _, _, _, _, _, _, inode, *_ = line.split()
        if int(local.rpartition(":")[2], 16) == port:
            found[int(peer.rpartition(":")[2], 16)] = inode
    return found
