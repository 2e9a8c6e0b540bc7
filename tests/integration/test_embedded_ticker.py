"""The ticker, on a real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.job import Job

from cli.embedded import EmbeddedStore
from workers import MAINTENANCE
from workers.connection import open_rq
from workers.ticker import Ticker

HOUR = 3600  # one bucket for the whole of a test, but once an hour


class Stopped(Exception):
    """The test has seen enough."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path_factory.mktemp("store"), persist=False) as running:
        yield running


@pytest.fixture
def rq(store: EmbeddedStore) -> Iterator[redis.Redis]:
    with open_rq(store.url) as client:
        client.flushall()
        yield client


def waiting(client: redis.Redis) -> list[str]:
    return Queue(MAINTENANCE, connection=client).job_ids


def clear(client: redis.Redis) -> None:
    """Take the waiting ids off the queue, as a worker does."""
    client.delete(f"rq:queue:{MAINTENANCE}")


def test_two_tickers_enqueue_one_job_a_tick(rq: redis.Redis) -> None:
    """However many tickers there are, a tick's upkeep is enqueued once, under the tick's number."""
    tickers = [Ticker(rq, sweep_seconds=HOUR), Ticker(rq, sweep_seconds=HOUR)]

    for ticker in tickers:
        ticker.tick()
    found = waiting(rq)
    clear(rq)
    for ticker in tickers:
        ticker.tick()

    assert found == [f"upkeep-{rq.time()[0] // HOUR}"]
    assert waiting(rq) == []


def test_the_job_is_upkeep_and_goes_away_by_itself(rq: redis.Redis) -> None:
    """The job names the upkeep, may not run for long, and outlives its tick, but not for ever."""
    Ticker(rq, sweep_seconds=7).tick()

    job = Job.fetch(waiting(rq)[0], connection=rq)
    assert job.func_name == "workers.jobs.upkeep"
    assert job.timeout == 60
    assert 7 < rq.ttl(job.key) < HOUR
    assert job.result_ttl > 7
    assert 7 < job.failure_ttl < 2 * HOUR


def test_no_tick_is_added_while_one_waits(rq: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that nobody works on holds one tick, not one for each that passed."""
    ticker, other = Ticker(rq, sweep_seconds=1), Ticker(rq, sweep_seconds=1)
    clock = iter(range(1000, 1010))
    monkeypatch.setattr(rq, "time", lambda: (next(clock) // 2, 0))

    for _ in range(3):
        ticker.tick()
        other.tick()
    held = waiting(rq)
    clear(rq)
    ticker.tick()

    assert held == ["upkeep-500"]
    assert waiting(rq) == ["upkeep-503"]


def test_a_tick_taken_by_a_worker_that_died_holds_up_nothing(
    rq: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that left the queue and was never run does not keep the next tick from coming."""
    ticker = Ticker(rq, sweep_seconds=5)
    monkeypatch.setattr(rq, "time", lambda: (1000, 0))
    ticker.tick()
    rq.lmove(f"rq:queue:{MAINTENANCE}", "somewhere", "LEFT", "RIGHT")
    monkeypatch.setattr(rq, "time", lambda: (1005, 0))

    ticker.tick()

    assert waiting(rq) == ["upkeep-201"]


def test_it_rests_until_the_next_tick_begins(
    rq: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is what is left of the tick by the store's own clock, so none is left out."""
    monkeypatch.setattr(rq, "time", lambda: (1003, 250_000))

    assert Ticker(rq, sweep_seconds=5).tick() == pytest.approx(1.75)


def test_a_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """A ticker outlives its store: when that is back, the ticks go on."""
    store = EmbeddedStore(tmp_path, persist=False)
    store.start()
    rests: list[float] = []

    def wait(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 1:
            store.stop()
        if len(rests) == 4:
            store.start()
        if len(rests) == 5:
            raise Stopped

    with open_rq(store.url) as client:
        with pytest.raises(Stopped):
            Ticker(client, sweep_seconds=HOUR).run(wait=wait)
        back = waiting(client)
    store.stop()

    assert len(back) == 1
    assert all(0 < seconds <= 5 for seconds in rests[1:4])


def test_a_worker_does_what_was_enqueued(rq: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """RQ finds the job by its name, runs it once, and keeps what it returned."""
    monkeypatch.setattr("workers.jobs.upkeep", lambda: {"expired": 3})
    Ticker(rq, sweep_seconds=HOUR).tick()
    (job_id,) = waiting(rq)

    SimpleWorker([MAINTENANCE], connection=rq).work(burst=True, logging_level="ERROR")

    assert Job.fetch(job_id, connection=rq).return_value() == {"expired": 3}
