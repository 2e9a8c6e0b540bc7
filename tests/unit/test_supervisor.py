"""The supervisor's decisions: when a part is started again, and when a start has failed."""

import pytest

from cli.supervisor import EndedError, Kept, Part, Supervisor, pause_seconds


class FakeProcess:
    """A process that ends when the test says so."""

    stdin = None

    def __init__(self) -> None:
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.returncode

    def wait(self, _seconds: float) -> int | None:
        """Its exit status."""
        return self.returncode


class World:
    """A clock that the test turns, and the processes that were started."""

    def __init__(self) -> None:
        self.now = 0.0
        self.started: list[FakeProcess] = []
        self.kept = Kept(Part("part", self.start), clock=lambda: self.now)  # type: ignore[arg-type]

    def start(self) -> FakeProcess:
        """Start one more process."""
        self.started.append(FakeProcess())
        return self.started[-1]

    def end(self, *, after: float = 0.0, status: int = 1) -> None:
        """Let time pass and the newest process end, and have it noticed."""
        self.now += after
        self.started[-1].returncode = status
        self.kept.look()

    def pause(self) -> float:
        """How long it is until the next start."""
        began, count = self.now, len(self.started)
        while len(self.started) == count:
            self.kept.look()
            self.now += 0.25
        return self.now - 0.25 - began


def test_a_part_that_runs_is_left_alone() -> None:
    """Looking at a process that runs starts nothing."""
    world = World()

    for _ in range(10):
        world.kept.look()

    assert len(world.started) == 1


def test_the_first_restart_is_at_once_and_quick_ends_make_the_pauses_grow() -> None:
    """One that cannot run is tried ever more seldom, up to twice a minute."""
    world = World()
    pauses = []

    for _ in range(10):
        world.end()
        pauses.append(world.pause())

    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_part_that_ran_for_a_while_is_started_at_once_again() -> None:
    """After ten steady seconds an end counts as the first again."""
    world = World()
    for _ in range(5):
        world.end()
        world.pause()

    world.end(after=10)
    steady = world.pause()
    world.end()

    assert steady == 0
    assert world.pause() == 0


def test_pauses_have_a_bound() -> None:
    """However often it ended, the pause is a number that can be waited for."""
    assert pause_seconds(10**9) == 30


def test_an_end_during_the_start_is_an_error_that_says_which_and_how() -> None:
    """A process that ends before all is ready is named, with its status or its signal."""
    supervisor = Supervisor()
    process = FakeProcess()
    supervisor.start(Part("ticker", lambda: process))  # type: ignore[arg-type, return-value]

    supervisor.check()
    process.returncode = 3
    with pytest.raises(EndedError, match=r"the ticker ended at once \(exit status 3\)"):
        supervisor.check()
    process.returncode = -9
    with pytest.raises(EndedError, match="killed by signal 9"):
        supervisor.check()
