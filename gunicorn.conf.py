"""How gunicorn serves the ingest: `gunicorn wsgi:app` reads this file by itself.

`--bind` and `--workers` on its command line override what is here. The product's own settings are
in dispatch/settings.py.
"""

import os
import signal
from typing import Any

from dispatch.open_files import raise_limit
from metrics import sharing
from workers.ingest import IngestWorker
from workers.parent_death import die_with_parent

bind = "127.0.0.1:8080"
workers = 2
worker_class = IngestWorker
worker_connections = 2000  # that have a greenlet; parked polls have none
backlog = 2048

preload_app = False  # each worker makes its own app, and with it its own connections to the store
control_socket_disable = True  # by default one socket for all instances of one home

timeout = 60  # a worker that does not turn its loop for so long hangs
graceful_timeout = 2
keepalive = 75  # longer than the 60 s of most proxies, so that none sends into a closed connection

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The app decides by TRUSTED_PROXIES whom to believe; gunicorn itself believes nobody.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - heartbeats
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(arbiter: Any) -> None:
    """Make the folder in which the workers count for /metrics, and let them park many polls."""
    sharing.begin(arbiter, worker_tmp_dir)
    raise_limit(arbiter.log)


def pre_fork(arbiter: Any, worker: Any) -> None:
    """Give the worker its slot in that folder."""
    sharing.take_slot(arbiter, worker)


def post_fork(arbiter: Any, worker: Any) -> None:
    """Let no worker outlive the arbiter, and end at once one that is told to while it starts."""
    die_with_parent(arbiter.pid)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until its own handler is there
    sharing.join(arbiter, worker)


def child_exit(arbiter: Any, worker: Any) -> None:
    """Take back what only a living worker has."""
    sharing.leave(arbiter, worker)


def on_exit(arbiter: Any) -> None:
    """Remove the folder."""
    sharing.end(arbiter)
