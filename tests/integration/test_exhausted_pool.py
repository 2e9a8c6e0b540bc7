"""More callers than connections, in real processes: of threads, and of greenlets as the ingest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAYS = {"threads": ["-m"], "greenlets": ["-m", "gevent.monkey", "--module"]}
ways = pytest.mark.parametrize("way", WAYS)


def faults(way: str, what: str) -> Any:
    """What went wrong."""
    command = [sys.executable, *WAYS[way], "tests.integration.crowd", what]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=60)  # noqa: S603 - ours
    return json.loads(done.stdout)


@ways
def test_all_are_answered(way: str) -> None:
    """Whoever asks again and again leaves nobody to wait, and each has its own answers."""
    assert faults(way, "all_get_on") == []


@ways
def test_the_quick_are_not_behind_the_slow(way: str) -> None:
    """Of many connections that come back at once, none rests while somebody waits."""
    assert faults(way, "quick_pass_slow") == []


@ways
def test_a_store_that_hangs_makes_nobody_wait_for_ever(way: str) -> None:
    """Each has an error in time; once the store goes on, all are answered."""
    assert faults(way, "errors_then_whole") == []


def test_who_is_killed_leaves_its_connection_and_no_answer() -> None:
    """Killed in the middle of an answer, or while it waits for a connection."""
    assert faults("greenlets", "killed") == []
