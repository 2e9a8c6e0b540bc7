"""How many jobs a second RQ claims and acknowledges, in one process; prints one line of JSON.

usage: python rq_consumer.py URL_OF_THE_STORE JOBS

SimpleWorker does not fork for each job as RQ's usual worker does; that is several times as fast.
"""

import json
import sys
import time
from importlib.metadata import version

from redis import Redis
from rq import Queue, SimpleWorker

PAYLOAD = "x" * 200
BATCH = 1000


def work(_payload: str) -> None:
    """The job: nothing."""


def main() -> None:
    """Enqueue, then time the consumer."""
    url, jobs = sys.argv[1], int(sys.argv[2])
    connection = Redis.from_url(url)
    queue = Queue("peer", connection=connection)
    for at in range(0, jobs, BATCH):
        count = min(BATCH, jobs - at)
        queue.enqueue_many([Queue.prepare_data("rq_consumer.work", (PAYLOAD,))] * count)
    worker = SimpleWorker([queue], connection=connection)
    began = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    seconds = time.perf_counter() - began
    assert queue.count == 0, f"{queue.count} jobs are left"
    said = {"jobs_a_second": jobs / seconds, "jobs": jobs, "version": f"RQ {version('rq')}"}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
