"""Children that end with their parent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.children import end, spawn
from workers import parent_death

SLEEP = ["sleep", "60"]
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


def test_a_child_is_the_command_itself() -> None:
    """No process stays between, so its id and its exit status are the command's."""
    child = spawn(
        [sys.executable, "-c", "import os; raise SystemExit(os.getsid(0) == os.getpid())"]
    )

    assert child.wait(10) == 1


def test_a_child_that_will_not_go_is_killed(tmp_path: Path) -> None:
    """One that ignores SIGTERM is killed when its time is over."""
    with (tmp_path / "said").open("wb") as output:
        child = spawn(["sh", "-c", STUBBORN], output=output)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.3)

    end(child, 0.2)

    assert child.returncode == -9


def test_a_child_whose_parent_is_gone_before_it_starts_does_not_run() -> None:
    """The parent may die between the start and the wish: the child sees that and ends."""
    not_its_parent = os.getppid()
    command = [sys.executable, parent_death.__file__, str(not_its_parent), "echo", "ran"]

    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - ours

    assert done.returncode == -9
    assert done.stdout == b""


WATCH = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); os.setsid(); "
    "from workers.parent_death import watch_parent; "
    "sys.exit(watch_parent(sys.argv[2:], 0))"
)


def watcher(*command: str) -> subprocess.Popen[bytes]:
    """The way of systems without prctl: a process between that watches a pipe."""
    root = str(Path(parent_death.__file__).parent.parent)
    return subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", WATCH, root, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_watcher_passes_on_the_exit_status() -> None:
    """Where the kernel cannot help, the process between ends as its command did."""
    with watcher("sh", "-c", "exit 7") as between:
        assert between.wait(10) == 7


def test_a_watcher_kills_its_command_when_the_pipe_closes() -> None:
    """The parent's end closes the pipe, and that ends the command."""
    with watcher("sh", "-c", "echo $$; exec sleep 60") as between:
        assert between.stdin is not None
        assert between.stdout is not None
        pid = int(between.stdout.readline())
        between.stdin.close()

        assert between.wait(10) == -9
        assert between.stdout.read() == b""  # nobody has the other end any more: the command ended
        assert not Path(f"/proc/{pid}/fd/1").exists()


def test_a_watcher_passes_on_sigterm() -> None:
    """Asked to end, the command is asked, and its way of ending is what the parent sees."""
    with watcher("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done") as between:
        assert between.stdout is not None
        between.stdout.readline()
        between.terminate()

        assert between.wait(10) == 5
