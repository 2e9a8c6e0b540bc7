"""An agent that is told to stop in the middle of a scan leaves nothing behind on a real server."""

import signal
from pathlib import Path

from tests.acceptance.fleet import fleet
from tests.acceptance.running_up import eventually

RATE = 600  # probes a second over all: about eight seconds for 256 addresses on 18 ports


def test_what_a_stopped_agent_held_goes_to_the_other_at_once(tmp_path: Path) -> None:
    """It ends in time, and its tasks are released, not expired: all is covered in the end."""
    with fleet(tmp_path) as site:
        scan = site.scan(site.start_agents(2), maxProbesPerSecond=RATE)
        site.until(scan, lambda now: now["hosts"]["done"] >= 16 and now["tasks"]["running"] > 2)
        scanner, stopped = next(iter(site.agents.items()))
        stopped.send_signal(signal.SIGTERM)
        code = stopped.wait(3.5)
        eventually(
            lambda: all(
                task["status"] != "running" or task["scannerId"] != scanner
                for task in site.tasks(scan)
            ),
            seconds=1,
        )

        assert code == 0
        site.assert_whole(scan)
        assert site.look(scan)["tasks"]["expired"] == 0
