"""What all tests of this folder begin with."""

import gevent
import pytest


@pytest.fixture(autouse=True)
def loop_on_time() -> None:
    """Have gevent's loop look at the clock: its timers count from when it last did.

    Between two tests that use it others take seconds, and a wait of five would be over at once.
    """
    gevent.get_hub().loop.update_now()
