"""Enqueues one upkeep job a tick, however many tickers run.

A tick is a bucket of the store's own clock, and its number is the job's id, which RQ takes only
once. A tick is left out while the last one still waits, so a queue nobody works on stays short.
"""

import time
from collections.abc import Callable

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError

from queues.patience import Patience
from workers import MAINTENANCE

UPKEEP = "workers.jobs.upkeep"
_JOB_SECONDS = 60  # a job that takes longer hangs, and is killed
_WAITING_SECONDS = 600
_FAILURE_SECONDS = 3600


class Ticker:
    """One of any number of tickers."""

    def __init__(self, client: redis.Redis, *, sweep_seconds: int) -> None:
        self._client = client
        self._queue = Queue(MAINTENANCE, connection=client)
        self._sweep_seconds = sweep_seconds
        self._last_id = ""

    def run(self, *, wait: Callable[[float], None] = time.sleep) -> None:
        """Tick for ever; a store that is away is waited for."""
        patience = Patience(wait=wait)
        while True:
            try:
                rest_seconds = self.tick()
            except redis.RedisError as error:
                patience.failed(error)
            else:
                patience.succeeded()
                wait(rest_seconds)

    def tick(self) -> float:
        """Enqueue this tick's upkeep unless that is done; the seconds until the next tick."""
        seconds, microseconds = self._client.time()
        bucket, into_bucket = divmod(seconds, self._sweep_seconds)
        if not self._last_waits():
            self._last_id = f"upkeep-{bucket}"
            self._enqueue(self._last_id)
        return self._sweep_seconds - into_bucket - microseconds / 1e6

    def _enqueue(self, job_id: str) -> None:
        try:
            self._queue.enqueue(
                UPKEEP,
                job_id=job_id,
                unique=True,
                job_timeout=_JOB_SECONDS,
                ttl=_WAITING_SECONDS + self._sweep_seconds,
                result_ttl=_JOB_SECONDS + 2 * self._sweep_seconds,
                failure_ttl=_FAILURE_SECONDS + self._sweep_seconds,
                description="upkeep",
            )
        except DuplicateJobError:
            return  # another ticker was first

    def _last_waits(self) -> bool:
        return self._queue.get_job_position(self._last_id) is not None
