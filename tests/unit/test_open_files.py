"""dispatch.open_files: as many connections as the system lets us, and a word where that is few."""

from __future__ import annotations

import resource

import pytest

from dispatch import open_files
from dispatch.open_files import parked_at_most, raise_limit

Limits = tuple[int, int]
UNLIMITED = resource.RLIM_INFINITY


class System:
    """Its limits, soft and hard, and what is logged."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.said: list[str] = []

    def getrlimit(self, _: int) -> Limits:
        return self.limits

    def setrlimit(self, _: int, limits: Limits) -> None:
        self.limits = limits

    def warning(self, text: str, *values: int) -> None:
        self.said.append(text % values)


@pytest.mark.parametrize(
    ("before", "after", "parked"),
    [
        ((1024, 1_048_576), (20_000, 1_048_576), 10_000),
        ((1024, UNLIMITED), (20_000, UNLIMITED), 10_000),
        ((UNLIMITED, UNLIMITED), (UNLIMITED, UNLIMITED), 10_000),
        ((65_536, 1_048_576), (65_536, 1_048_576), 10_000),
        ((1024, 4096), (4096, 4096), 2048),
        ((1024, 1024), (1024, 1024), 512),
    ],
)
def test_the_limit_is_raised_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch, before: Limits, after: Limits, parked: int
) -> None:
    """And no further than is wanted; half of it may be parked polls."""
    system = System(before)
    monkeypatch.setattr(open_files.resource, "getrlimit", system.getrlimit)
    monkeypatch.setattr(open_files.resource, "setrlimit", system.setrlimit)

    raise_limit(system)

    assert system.limits == after
    assert parked_at_most() == parked
    assert len(system.said) == (parked < 10_000)


def test_a_system_that_says_no_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some have a limit beyond the hard one; the server starts with what it has."""

    def refuse(*_: object) -> None:
        raise ValueError

    system = System((1024, UNLIMITED))
    monkeypatch.setattr(open_files.resource, "getrlimit", system.getrlimit)
    monkeypatch.setattr(open_files.resource, "setrlimit", refuse)

    raise_limit(system)

    assert parked_at_most() == 512
    assert len(system.said) == 1


def test_a_low_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what follows from it, and what would do."""
    system = System((1024, 1024))
    monkeypatch.setattr(open_files.resource, "getrlimit", system.getrlimit)

    raise_limit(system)
    [said] = system.said

    assert "1024 files" in said
    assert "512 polls" in said
    assert "ulimit -Hn" in said
    assert "20000" in said
