"""Whatever is killed in the middle of a scan: all is covered in the end, the audit is clean."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fleet import Fleet, fleet
from tests.acceptance.running_up import alive, eventually

RATE = 600  # probes a second over all: about eight seconds for 256 addresses on 18 ports


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Fleet]:
    with fleet(tmp_path) as running:
        yield running


def in_the_middle(site: Fleet, agents: int) -> int:
    """Start the agents and a scan; return when part of it is done and tasks are running."""
    group = site.start_agents(agents)
    scan = site.scan(group, maxProbesPerSecond=RATE)
    site.until(scan, lambda now: now["hosts"]["done"] >= 16 and now["tasks"]["running"] > 0)
    return scan


def test_kill_an_agent(site: Fleet) -> None:
    """Its tasks expire and go to the others, under the same id."""
    scan = in_the_middle(site, 2)
    victim = site.kill_at_work(scan)

    site.assert_whole(scan)
    again = [task for task in site.tasks(scan) if task["attempt"] > 1]
    assert again
    assert all(victim in t["scannerIds"] and t["scannerId"] != victim for t in again)


def test_kill_a_gunicorn_worker(site: Fleet) -> None:
    """Another takes its place; calls cut off are sent again."""
    scan = in_the_middle(site, 2)
    arbiter = site.up.one("ingest")
    workers = [each for each in site.up.family() if each.parent == arbiter.pid]
    os.kill(workers[0].pid, signal.SIGKILL)

    site.assert_whole(scan)
    eventually(
        lambda: (
            len([each for each in site.up.family() if each.parent == arbiter.pid]) == len(workers)
        )
    )


def test_kill_the_rq_worker(site: Fleet) -> None:
    """It is started again, and upkeep goes on: an agent killed afterwards is noticed."""
    scan = in_the_middle(site, 2)
    before = site.up.one("worker")
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: not alive([before]))
    victim = next(iter(site.agents))
    site.agents[victim].kill()

    site.assert_whole(scan)
    eventually(lambda: site.up.one("worker").pid != before.pid)


def test_kill_the_store(site: Fleet) -> None:
    """It is started again with what it had on disk; agents send what was not answered."""
    scan = in_the_middle(site, 2)
    before = site.up.one("store")
    os.kill(before.pid, signal.SIGKILL)

    site.assert_whole(scan)
    assert site.up.one("store").pid != before.pid
