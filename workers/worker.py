"""The RQ worker on the queue `maintenance`: each job in its own process, so it can be killed."""

import redis
import structlog
from rq import Worker

from queues.patience import Patience, wait_for_store
from workers import MAINTENANCE, jobs
from workers.connection import open_rq
from workers.parent_death import die_with_parent

_log = structlog.get_logger(__name__)

_WORKER_TTL_SECONDS = 60  # RQ waits 15 s less for a job, so a connection gone dead is noticed


class MaintenanceWorker(Worker):
    """RQ's forking worker, whose jobs end with it, and who knows whether it was asked to stop."""

    max_connection_wait_time = 5.0
    asked_to_stop = False

    def setup_work_horse_signals(self) -> None:
        """Set up the process of one job."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]  # RQ's
        die_with_parent(self.pid or 0)

    def handle_warm_shutdown_request(self) -> None:
        """Remember that this end was wanted; RQ ends as well when it loses the store."""
        self.asked_to_stop = True


def run_worker(url: str) -> int:
    """Work until asked to stop: 0. When RQ gives up, which it does if the store goes away: 1."""
    with open_rq(url) as client:
        wait_for_store(client, Patience())
    _log.info("worker started", action="worker_started", queue=MAINTENANCE)
    worker = MaintenanceWorker(
        [MAINTENANCE], connection=open_rq(url), worker_ttl=_WORKER_TTL_SECONDS
    )
    try:
        _begin()
        worker.work(logging_level="WARNING")
    except redis.RedisError as error:
        _log.warning("the store went away", action="store_away", error=str(error))
    return 0 if worker.asked_to_stop else 1


def _begin() -> None:
    """Do one upkeep here: what it loads and puts together, no job's own process has to."""
    try:
        jobs.upkeep()
    except redis.RedisError:
        raise
    except Exception:  # noqa: BLE001 - as any other job may, it may fail
        _log.exception("a job failed", action="job_failed", job="upkeep")
