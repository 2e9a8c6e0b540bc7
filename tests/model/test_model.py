"""The store beside the model: they agree, and the invariants hold, after every call."""

from __future__ import annotations

from functools import partial

import pytest
import redis
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.life import Life

PROFILES = {"soak", "mutant"}


@pytest.mark.timeout(7200)
def test_the_store_does_what_the_model_does(client: redis.Redis) -> None:
    """Whatever is called, in whatever order, once, twice or late."""
    chosen = settings.get_current_profile_name()
    profile = settings.get_profile(chosen if chosen in PROFILES else "model")

    run_state_machine_as_test(partial(Life, client), settings=profile)
