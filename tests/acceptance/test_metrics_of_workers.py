"""/metrics of real gunicorns: sums over their workers, and a folder that does not outlive them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from running_up import ROOT, RunningUp, descendants, eventually

CALLS = 'scandispatch_http_requests_total{method="GET",route="/healthz",status="200"}'
MAPPED = re.compile(r"(/\S+/scandispatch-metrics-\w+)/gauge_livesum_(\d+)\.db$", re.MULTILINE)
AT_ONCE = 8


class Gunicorn:
    """`gunicorn wsgi:app` as anybody would run it, but on a free port; ready when entered."""

    def __init__(self, store_url: str) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        bound = listener.fileno()
        self.process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{bound}", "wsgi:app"],
            cwd=ROOT,
            env={**os.environ, "REDIS_URL": store_url},
            pass_fds=[bound],
        )
        listener.close()

    def __enter__(self) -> Self:
        eventually(lambda: len(self.counters()) == 2, seconds=30)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def counters(self) -> dict[int, Path]:
        """The file of each worker."""
        return counters(self.process.pid)

    def call(self, calls: int) -> None:
        """So many calls, each on a connection of its own, several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda _: get(self.port, "/healthz"), range(calls)))
        assert [status for status, _ in answers] == [200] * calls

    def counted(self) -> float:
        """The calls that a scrape shows."""
        return samples(self.port)[CALLS]

    def end(self, number: signal.Signals) -> Path:
        """Send a signal, and wait until all have ended; the folder in which they counted."""
        family = self.counters()
        self.process.send_signal(number)
        self.process.wait(10)
        eventually(lambda: not [pid for pid in family if Path(f"/proc/{pid}").exists()])
        (folder,) = {path.parent for path in family.values()}
        return folder


def counters(gunicorn: int) -> dict[int, Path]:
    """The file in which each worker of a gunicorn counts calls, once it has some."""
    found = {each.pid: _counter(each.pid) for each in descendants(gunicorn)}
    return {pid: path for pid, path in found.items() if path is not None}


def _counter(pid: int) -> Path | None:
    """By the file for its gauges, which a worker has in its memory from the start."""
    try:
        found = MAPPED.search(Path(f"/proc/{pid}/maps").read_text())
    except OSError:
        return None  # it ended while we looked
    return Path(found[1]) / f"counter_{found[2]}.db" if found else None


def get(port: int, path: str) -> tuple[int, str]:
    """One call on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def samples(port: int) -> dict[str, float]:
    """Every series of a scrape, as it is written there."""
    status, text = get(port, "/metrics")
    assert status == 200
    assert list(text_string_to_metric_families(text))
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    assert len({name for name, _, _ in lines}) == len(lines)
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def gunicorn(store_url: str) -> Iterator[Gunicorn]:
    with Gunicorn(store_url) as running:
        yield running


def test_whichever_worker_answers_shows_the_sum(gunicorn: Gunicorn) -> None:
    """Two workers have counted; every scrape shows all calls, and a dead worker's too."""
    gunicorn.call(60)
    before = gunicorn.counters()
    sums = [gunicorn.counted() for _ in range(12)]

    os.kill(next(iter(before)), signal.SIGKILL)
    eventually(
        lambda: len(gunicorn.counters()) == 2 and gunicorn.counters().keys() != before.keys()
    )
    gunicorn.call(40)
    after = gunicorn.counters()

    assert sums == [60] * 12
    assert gunicorn.counted() == 100
    assert len(set(before.values())) == 2
    assert set(after.values()) == set(before.values())
    assert all(b"/healthz" in path.read_bytes() for path in after.values())


def test_the_folder_ends_with_its_gunicorn(store_url: str) -> None:
    """One that is told to end removes its own; what a killed one left goes with the next."""
    with Gunicorn(store_url) as killed:
        left = killed.end(signal.SIGKILL)
    was_left = left.is_dir()
    with Gunicorn(store_url) as ended:
        folder = ended.end(signal.SIGTERM)

    assert was_left
    assert folder != left
    assert not left.exists()
    assert not folder.exists()


def test_up_shows_metrics_too(tmp_path: Path) -> None:
    """The whole plane has them as well: true calls, and upkeep's sweeps."""
    with RunningUp(tmp_path / "data", "--workers", "2") as up:
        port, ingest = urlsplit(up.operator["url"]).port or 0, up.one("ingest").pid
        eventually(lambda: len(counters(ingest)) == 2)
        eventually(lambda: "scandispatch_sweep_age_seconds" in samples(port))
        found = samples(port)
        (folder,) = {path.parent for path in counters(ingest).values()}
        up.signal_and_wait(signal.SIGTERM)

    assert found["scandispatch_store_up"] == 1
    assert found["scandispatch_parked_polls"] == 0
    assert 0 <= found["scandispatch_sweep_age_seconds"] < 10
    assert not folder.exists()
