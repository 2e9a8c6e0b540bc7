"""RQ: the upkeep job, the ticker that enqueues it, the worker that does it."""

MAINTENANCE = "maintenance"  # the RQ queue of all upkeep
