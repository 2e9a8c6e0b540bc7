"""How many jobs a second Celery claims and acknowledges, in one process; prints one line of JSON.

usage: python celery_consumer.py URL_OF_THE_STORE JOBS

The pool is `solo`, the fastest of its pools for jobs that do nothing.
"""

import json
import sys
import time
from importlib.metadata import version

from celery import Celery
from celery.worker import state

PAYLOAD = "x" * 200
JOBS = int(sys.argv[2])
app = Celery("peer", broker=sys.argv[1].replace("unix://", "redis+socket://"))
app.conf.update(task_ignore_result=True, worker_redirect_stdouts=False)
times: list[float] = []


@app.task(name="work")
def work(_payload: str) -> None:
    """The job: nothing. The last one tells, and ends the worker."""
    times.append(time.perf_counter())
    if len(times) == JOBS:
        rate = (JOBS - 1) / (times[-1] - times[0])
        said = {"jobs_a_second": rate, "jobs": JOBS, "version": f"Celery {version('celery')}"}
        print(json.dumps(said), flush=True)
        state.should_stop = 0


def main() -> None:
    """Enqueue, then run the consumer."""
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(JOBS):
            work.apply_async((PAYLOAD,), producer=producer)
    app.Worker(
        pool="solo", loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True
    ).start()


if __name__ == "__main__":
    main()
