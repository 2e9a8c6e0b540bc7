"""Every resource of the operator API."""

from api import alarms, groups, queues, scan_steps, scanners, sites

BLUEPRINTS = (
    scan_steps.blueprint,
    scanners.blueprint,
    groups.blueprint,
    queues.blueprint,
    alarms.blueprint,
    sites.blueprint,
)
