"""What the measurements ran on: machine and versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from cli.embedded import find_server

PACKAGES = ("gunicorn", "gevent", "flask", "flask-smorest", "redis", "hiredis")


def facts() -> dict[str, str]:
    """Name -> what it is."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{pages / 2**30:.0f} GiB",
        "system": f"{_distribution()}, Linux {platform.release().partition('-')[0]}",
    }


def versions() -> dict[str, str]:
    """Program or package -> version."""
    server = _says(find_server(), "--version")
    number = next(word for word in server.split() if word.startswith("v="))
    return {
        "Python": platform.python_version(),
        Path(find_server()).name: number.removeprefix("v="),
        **{name: version(name) for name in PACKAGES},
    }


def busy() -> str:
    """How much else the machine has to do: runnable processes, on average over the last minute."""
    return f"{os.getloadavg()[0]:.2f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _distribution() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _says(*command: str) -> str:
    return subprocess.run(  # noqa: S603 - ours
        command, check=True, capture_output=True, text=True
    ).stdout
