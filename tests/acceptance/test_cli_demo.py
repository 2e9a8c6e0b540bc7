"""`make demo` keeps its promise, and leaves nothing behind when it is interrupted."""

import signal
import subprocess
import sys
from pathlib import Path

from running_up import ROOT, eventually, processes

DEMO = (sys.executable, "-m", "demo")
ENV = ("env", "PYTHONUNBUFFERED=1")


def test_the_demo_finds_everything_though_an_agent_dies() -> None:
    """It exits with 0 after full coverage, with the re-dispatched tasks named."""
    done = subprocess.run(DEMO, cwd=ROOT, capture_output=True, text=True, timeout=115, check=False)  # noqa: S603 - ours

    assert done.returncode == 0, done.stdout + done.stderr
    assert "coverage 256/256" in done.stdout
    assert "exactly the opened services were found" in done.stdout
    assert "kill -9 of agent" in done.stdout
    assert "LOST BY" in done.stdout


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    """After SIGINT in the middle the demo has ended with 130, and all that it started with it."""

    def ours() -> list[str]:
        return [each.command for each in processes() if str(tmp_path) in each.command]

    with subprocess.Popen(  # noqa: S603 - ours
        [*ENV, f"TMPDIR={tmp_path}", *DEMO], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        assert any("scanning" in line for line in demo.stdout)
        assert len(ours()) >= 4
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)

    assert demo.returncode == 130
    eventually(lambda: not ours())
    assert not list(tmp_path.iterdir())
