"""How many processes `scandispatch up` has serve HTTP, where nobody says."""

from __future__ import annotations

import click
import pytest

from agent.machine import cpu_count
from cli.up import up, workers_for


@pytest.mark.parametrize(("processors", "workers"), [(1, 1), (2, 1), (3, 2), (8, 7), (64, 8)])
def test_the_store_has_a_processor(processors: int, workers: int) -> None:
    """One at least, and no more than one store can be kept busy by."""
    assert workers_for(processors) == workers


def test_by_itself_up_counts_processors() -> None:
    """Its option asks when it is called, and for this machine."""
    (option,) = (option for option in up.params if option.name == "workers")

    assert option.get_default(click.Context(up)) == workers_for(cpu_count())
