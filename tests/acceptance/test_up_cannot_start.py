"""`scandispatch up` with an ingest that cannot start."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_up import descendants_of_us

from cli.data_folder import DataFolder
from cli.errors import CliError
from cli.listener import listen
from cli.up import Plane
from dispatch.settings import Settings


@pytest.fixture
def _signals_as_they_were() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals_as_they_were")
def test_a_part_that_never_starts_ends_it_all(tmp_path: Path) -> None:
    """An app that cannot be imported is an error that says so at once, and everything is ended."""
    folder = DataFolder(tmp_path / "data")
    before = descendants_of_us()

    with folder.locked() as lock, listen("127.0.0.1", 0) as listener:
        plane = Plane(folder, listener, settings=Settings(), workers=1, target="no_such_app:app")
        with pytest.raises(CliError, match=r"the ingest ended at once \(exit status [1-9]"):
            plane.run(lock)

    assert descendants_of_us() == before
