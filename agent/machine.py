"""What the agent knows about the machine and the program it is."""

import os
import resource
import shutil
from importlib import metadata

MOST_SLOTS = 32
SLOTS_A_CPU = 4
MOST_IN_FLIGHT = 4096  # connects of one task
_RESERVED_FILES = 128  # what everything but probing needs
_WANTED_FILES = 65_536


def cpu_count() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Physical memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def load() -> float:
    """The load average over the last minute."""
    return round(os.getloadavg()[0], 2)


def version() -> str:
    """The version of this program, as installed."""
    try:
        return metadata.version("scandispatch")
    except metadata.PackageNotFoundError:
        return "unknown"


def default_slots() -> int:
    """How many tasks this machine works on at once unless it is told otherwise."""
    return min(MOST_SLOTS, SLOTS_A_CPU * cpu_count())


def in_flight_per_task(slots: int) -> int:
    """How many connects each task may have open, so that all together never run out of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = _WANTED_FILES if soft == resource.RLIM_INFINITY else soft
    return max(1, min(MOST_IN_FLIGHT, (files - _RESERVED_FILES) // slots - 1))


def nmap_binary() -> str | None:
    """Where nmap is, or None where it is not installed."""
    return shutil.which("nmap")
