"""What runs the product: gunicorn's worker, which serves the ingest, and RQ's, which does upkeep.

The ingest: its worker, the lane of ordinary requests, polls put aside, who waits and for how long.
Upkeep: the job, the ticker that enqueues it, the worker that does it.
"""

MAINTENANCE = "maintenance"  # the RQ queue of all upkeep
