"""Ends a process together with its parent, however the parent ends.

Linux asks the kernel (`PR_SET_PDEATHSIG`, prctl(2)): a process that calls `die_with_parent` gets
SIGKILL when the thread that started it is gone. The wish survives `exec`, but not `fork`, so every
process on the way down asks for itself. Elsewhere `main` stays between parent and command and
watches a pipe, its standard input, that only the parent holds open.

Run as a script it starts a command under that rule; it imports the standard library only, so that
`python -I -S` starts it in a few milliseconds:

    parent_death.py <parent's process id> <command> [argument ...]
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.2


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when process `parent`, its parent, is gone; Linux only."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # gone before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)


def watch_parent(command: Sequence[str], pipe: int) -> int:
    """Run `command`; kill its process group when `pipe` reads as closed; its exit status.

    SIGTERM and SIGINT are passed on to the command.
    """
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda sent, _frame: asked.append(sent))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - ours
    while child.poll() is None:
        while asked:
            child.send_signal(asked.pop(0))
        readable, _, _ = select.select([pipe], [], [], _LOOK_SECONDS)
        if readable and not os.read(pipe, 1):
            os.killpg(os.getpgrp(), signal.SIGKILL)
    return child.returncode


def become(parent: int, command: list[str]) -> NoReturn:
    """Turn this process into `command`, which the kernel ends with `parent`."""
    die_with_parent(parent)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    os.execvp(command[0], command)  # noqa: S606 - no shell is the point


def main(arguments: Sequence[str]) -> int:
    """Start the command, tied to the parent's life; returns only where the kernel cannot help."""
    parent, command = int(arguments[0]), list(arguments[1:])
    if not sys.platform.startswith("linux"):
        return watch_parent(command, sys.stdin.fileno())
    become(parent, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
