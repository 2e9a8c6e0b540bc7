"""dispatch.places: a process takes on no more than it can bear."""

from __future__ import annotations

import pytest

from dispatch.places import Places
from domain.errors import Busy


def test_who_comes_too_many_is_refused() -> None:
    """With the time after which to ask again, until a place is free."""
    places = Places(2, retry_after_seconds=7)
    with places.one():
        with places.one(), pytest.raises(Busy) as refused, places.one():
            pass
        with places.one():
            pass

    assert refused.value.retry_after_seconds == 7


def test_a_place_is_free_after_an_error() -> None:
    """Whatever went wrong."""
    places = Places(1, retry_after_seconds=1)
    with pytest.raises(ZeroDivisionError), places.one():
        raise ZeroDivisionError

    with places.one():
        pass
