"""`scandispatch up`: whatever of it dies is there again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from running_up import RunningUp, eventually


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    with RunningUp(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


def serves(up: RunningUp) -> bool:
    """Whether the store and the server answer."""
    try:
        with redis.Redis.from_url(up.store_url) as client:
            return bool(client.ping()) and up.status() == 200
    except redis.exceptions.ConnectionError:
        return False


def upkeeps(up: RunningUp) -> set[bytes]:
    """The upkeep jobs that have been done lately."""
    with redis.Redis.from_url(up.store_url) as client:
        return set(client.zrange("rq:finished:maintenance", 0, -1))


@pytest.mark.parametrize("role", ["store", "ingest", "worker", "ticker"])
def test_a_killed_process_is_started_again(up: RunningUp, role: str) -> None:
    """After SIGKILL of any of them it is there again, the server serves, and upkeep goes on."""
    before = up.one(role)

    os.kill(before.pid, signal.SIGKILL)

    eventually(lambda: before not in up.family() and serves(up))
    done = upkeeps(up)
    eventually(lambda: upkeeps(up) - done, seconds=30)
    assert up.one(role).pid != before.pid


def test_a_killed_gunicorn_worker_is_started_again(up: RunningUp) -> None:
    """Gunicorn itself replaces a worker process that is killed; the server serves on."""
    ingest = up.one("ingest")
    before = [each for each in up.family() if each.parent == ingest.pid]

    os.kill(before[0].pid, signal.SIGKILL)

    eventually(lambda: len({e for e in up.family() if e.parent == ingest.pid} - set(before)) == 1)
    assert up.status() == 200
    assert up.one("ingest") == ingest


def test_killed_gunicorn_takes_its_workers_along(up: RunningUp) -> None:
    """No worker of a killed gunicorn serves on beside those of the new one."""
    ingest = up.one("ingest")
    before = {each.pid for each in up.family() if each.parent == ingest.pid}

    os.kill(ingest.pid, signal.SIGKILL)

    eventually(lambda: not any(Path(f"/proc/{pid}/fd").exists() for pid in before), seconds=5)
    eventually(lambda: ingest not in up.family() and serves(up))
    assert up.one("ingest").pid != ingest.pid


def test_what_was_written_outlives_the_store(up: RunningUp) -> None:
    """The store killed in the middle has lost nothing that it had answered."""
    with redis.Redis.from_url(up.store_url) as client:
        client.set("written", "yes")
    before = up.one("store")

    os.kill(before.pid, signal.SIGKILL)

    eventually(lambda: before not in up.family() and serves(up))
    with redis.Redis.from_url(up.store_url) as client:
        assert client.get("written") == b"yes"
