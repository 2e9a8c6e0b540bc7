"""How the processes of one gunicorn count together, and what is left of those that die."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, values

from metrics import sharing
from metrics.folder import PREFIX, CountsFolder
from metrics.meters import Meters

CALLS = "scandispatch_http_requests_total"
CALL = {"route": "/x", "method": "GET", "status": "200"}


@pytest.fixture
def arbiter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gunicorn's parent process, with a folder; afterwards this process counts alone again."""
    monkeypatch.setattr(sharing, "_joined", [])
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    begun = SimpleNamespace(WORKERS={})
    sharing.begin(begun, str(tmp_path))
    yield begun
    values.close_all_multiprocess_files()  # type: ignore[no-untyped-call]  # theirs
    sharing.end(begun)


def fork(arbiter: Any) -> tuple[Any, Meters]:
    """One more process, all but the fork, and its meters."""
    worker = SimpleNamespace()
    sharing.take_slot(arbiter, worker)
    arbiter.WORKERS[object()] = worker
    sharing.join(arbiter, worker)
    return worker, Meters(None)


def die(arbiter: Any, worker: Any) -> None:
    """Gunicorn has noticed that a process is dead."""
    arbiter.WORKERS = {pid: each for pid, each in arbiter.WORKERS.items() if each is not worker}
    sharing.leave(arbiter, worker)


def shown(name: str, labels: dict[str, str] | None = None) -> float | None:
    """What a scrape shows now."""
    registry = CollectorRegistry()
    assert sharing.register_shared(registry)
    return registry.get_sample_value(name, labels or {})


def test_a_process_alone_shows_its_own() -> None:
    """Without gunicorn there is nothing to add up."""
    assert sharing.register_shared(CollectorRegistry()) is False


def test_all_processes_are_added_up(arbiter: Any) -> None:
    """Whichever answers shows what all have counted."""
    (_, one), (_, other) = fork(arbiter), fork(arbiter)
    for meters, calls, polls in ((one, 3, 10), (other, 4, 20)):
        for _ in range(calls):
            meters.called("/x", "GET", "200", 0.5)
        meters.parked(polls)

    assert shown(CALLS, CALL) == 7
    assert shown("scandispatch_http_request_duration_seconds_sum", {"route": "/x"}) == 3.5
    assert shown("scandispatch_parked_polls") == 30


def test_the_dead_keep_their_totals_and_park_nothing(arbiter: Any) -> None:
    """What a dead process counted stays; its parked polls are no more."""
    (one, ones), (_, others) = fork(arbiter), fork(arbiter)
    for meters in (ones, others):
        meters.called("/x", "GET", "200", 0.5)
        meters.parked(10)
    die(arbiter, one)

    assert shown(CALLS, CALL) == 2
    assert shown("scandispatch_parked_polls") == 10


def test_who_comes_after_counts_on(arbiter: Any) -> None:
    """However many die, totals grow, and there are never more files than processes at once."""
    for _ in range(5):
        worker, meters = fork(arbiter)
        meters.called("/x", "GET", "200", 0.5)
        die(arbiter, worker)

    assert shown(CALLS, CALL) == 5
    assert len(list(arbiter.counts.path.glob("counter_*"))) == 1


def test_a_successor_parks_nothing_of_one_that_gunicorn_did_not_see_die(arbiter: Any) -> None:
    """Gunicorn may find a process gone without calling child_exit."""
    _, meters = fork(arbiter)
    meters.parked(10)
    arbiter.WORKERS.clear()
    worker, _ = fork(arbiter)

    assert worker.slot == 0
    assert shown("scandispatch_parked_polls") == 0


def test_processes_that_overlap_have_slots_of_their_own(arbiter: Any) -> None:
    """At a reload the new processes start before the old ones end."""
    old = [fork(arbiter)[0] for _ in range(2)]
    new = [fork(arbiter)[0] for _ in range(2)]
    die(arbiter, old[0])
    last, _ = fork(arbiter)

    assert [each.slot for each in (*old, *new, last)] == [0, 1, 2, 3, 0]


def test_a_process_that_begins_disturbs_no_scrape(arbiter: Any) -> None:
    """A file is made before it is given its size."""
    _, meters = fork(arbiter)
    meters.called("/x", "GET", "200", 0.5)
    (arbiter.counts.path / "counter_9.db").touch()

    assert shown(CALLS, CALL) == 1


def test_the_folder_is_private_and_goes(tmp_path: Path) -> None:
    """Nobody else may look into it, and it does not outlive its gunicorn."""
    folder = CountsFolder(tmp_path)
    mode = stat.S_IMODE(folder.path.stat().st_mode)
    (folder.path / "counter_0.db").touch()
    folder.remove()

    assert mode == 0o700
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_gunicorn_left_is_removed(tmp_path: Path) -> None:
    """The next one removes it; folders in use, and what is not ours, stay."""
    left, used = tmp_path / f"{PREFIX}left", tmp_path / f"{PREFIX}used"
    for folder in (left, used):
        folder.mkdir()
        (folder / "counter_0.db").touch()
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(other)
    lock = os.open(used, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)

    new = CountsFolder(tmp_path)
    found = {each.name for each in tmp_path.iterdir()}
    os.close(lock)
    new.remove()

    assert found == {used.name, other.name, f"{PREFIX}link", new.path.name}


def test_another_users_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may make a folder of that name where temporary files are."""
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    CountsFolder(tmp_path).remove()

    assert theirs.is_dir()
