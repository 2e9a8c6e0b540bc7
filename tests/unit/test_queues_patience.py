"""Patience with a store that is away."""

import pytest
import redis
import structlog
from structlog.testing import capture_logs

from queues.patience import Patience, wait_for_store


class Flaky:
    """A client whose first calls fail."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def ping(self) -> bool:
        """Fail, until it has failed often enough."""
        self.failures -= 1
        if self.failures >= 0:
            raise redis.exceptions.ConnectionError("nobody there")
        return True


@pytest.fixture(autouse=True)
def plain_logging() -> None:
    structlog.reset_defaults()


def test_it_says_so_once_and_once_when_it_is_over() -> None:
    """A store away for long fills no log: one line when it goes, one when it is back."""
    rests: list[float] = []

    with capture_logs() as logs:
        wait_for_store(Flaky(20), Patience(wait=rests.append))  # type: ignore[arg-type]

    assert [line["action"] for line in logs] == ["store_away", "store_back"]
    assert len(rests) == 20


def test_waits_grow_with_jitter_up_to_a_bound() -> None:
    """Many processes that lost one store come back out of step, each within five seconds."""
    first: list[float] = []
    second: list[float] = []

    wait_for_store(Flaky(30), Patience(wait=first.append))  # type: ignore[arg-type]
    wait_for_store(Flaky(30), Patience(wait=second.append))  # type: ignore[arg-type]

    assert 0.25 <= first[0] <= 0.5
    assert all(2.5 <= rest <= 5 for rest in first[10:])
    assert first != second


def test_a_new_row_of_failures_begins_small_again() -> None:
    """After a success the next failure is told again, and waited for shortly."""
    rests: list[float] = []
    patience = Patience(wait=rests.append)

    with capture_logs() as logs:
        for _ in range(2):
            patience.failed(OSError("gone"))
            patience.succeeded()

    assert [line["action"] for line in logs] == ["store_away", "store_back"] * 2
    assert max(rests) <= 0.5
