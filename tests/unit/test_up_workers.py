"""How many processes `scandispatch up` has serve HTTP, where nobody says."""

from __future__ import annotations

import pytest

from cli.up import workers_for


@pytest.mark.parametrize(("processors", "workers"), [(1, 1), (2, 1), (3, 2), (8, 7), (64, 8)])
def test_the_store_has_a_processor(processors: int, workers: int) -> None:
    """One at least, and no more than one store can be kept busy by."""
    assert workers_for(processors) == workers
