"""The store beside the model: they agree, and the invariants hold, after every call."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import pytest
import redis
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from queues.connection import open_ear
from tests.model.ear import Ear
from tests.model.life import Life

PROFILES = {"soak", "mutant"}
TELL_EVERY = 500


@dataclass
class Lives:
    """Makes lives, and tells of a long run how far it is."""

    client: redis.Redis
    ear: Ear
    most: int
    made: int = 0
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> Life:
        self.made += 1
        if self.made % TELL_EVERY == 0:
            passed = time.monotonic() - self.began
            left = passed / self.made * max(0, self.most - self.made)
            said = f"{self.made} of {self.most} lives, {passed:.0f} s, {left:.0f} s left\n"
            sys.stderr.write(said)
        return Life(self.client, self.ear)


def test_where_no_functions_are_kept(
    client: redis.Redis, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few lives by EVALSHA: each script has all that it needs."""
    monkeypatch.setattr("queues.scripts.monotonic", lambda: -1.0)
    profile = settings(settings.get_profile("model"), max_examples=20)

    with open_ear(store_url) as hearing:
        lives = Lives(client, Ear(hearing), profile.max_examples)
        run_state_machine_as_test(lives, settings=profile)  # type: ignore[arg-type] # calls it only

    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] > 0


@pytest.mark.timeout(7200)
def test_the_store_does_what_the_model_does(client: redis.Redis, store_url: str) -> None:
    """Whatever is called, in whatever order, once, twice or late."""
    chosen = settings.get_current_profile_name()
    profile = settings.get_profile(chosen if chosen in PROFILES else "model")

    with open_ear(store_url) as hearing:
        lives = Lives(client, Ear(hearing), profile.max_examples)
        run_state_machine_as_test(lives, settings=profile)  # type: ignore[arg-type] # calls it only
