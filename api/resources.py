"""Every resource of the operator API."""

from api import alarms, groups, queues, rules, scan_steps, scanners, sites

BLUEPRINTS = (
    scan_steps.blueprint,
    scanners.blueprint,
    groups.blueprint,
    *rules.BLUEPRINTS,
    queues.blueprint,
    alarms.blueprint,
    sites.blueprint,
)
