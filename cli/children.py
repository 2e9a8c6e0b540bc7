"""Starts and ends child processes that cannot outlive this one."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO

from dispatch.settings import inherited_environ
from workers import parent_death

_STDERR = 2
_OURS_ALONE = 0o077  # what a child writes, nobody else reads


def spawn(
    command: Sequence[str],
    *,
    environ: Mapping[str, str] = MappingProxyType({}),
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C in a terminal is ours to pass on.

    Must be called from the main thread: the child dies with the thread that started it.
    `environ` is added to our own; `output` takes standard output and error, which by default go
    to our standard error.
    """
    wrapper = [sys.executable, "-I", "-S", parent_death.__file__, str(os.getpid())]
    return subprocess.Popen(  # noqa: S603 - the commands are ours
        [*wrapper, *command],
        env=inherited_environ(environ),
        cwd=cwd,
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL if sys.platform.startswith("linux") else subprocess.PIPE,
        stdout=_STDERR if output is None else output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        umask=_OURS_ALONE,
    )


def end(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask `child` to end; after `seconds` kill it and all of its process group."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    reap(child, seconds)


def reap(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait `seconds` for `child` to end, then kill it and all of its process group."""
    try:
        child.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdin is not None:
        child.stdin.close()
