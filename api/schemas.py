"""The operator API's resources on the wire: scanners, groups, alarms."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from domain.targets import TargetError, parse_network
from web.fields import MAX_ID, Flag, Integer, Name, Time
from web.schemas import PageQuery, Schema, View

MOST_TARGETS = 2**24
MOST_TASKS = 10_000
MOST_JOBS = 100  # as many ready scans of a queue as one claim looks at
MOST_RATE = 100_000_000
LONGEST_TARGET = 300  # a name has at most 253 characters, two addresses 79


class Network(fields.String):
    """A CIDR or an address."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if len(text) > LONGEST_TARGET:
            raise ValidationError("This is too long for a CIDR.")
        try:
            return str(parse_network(text))
        except TargetError as problem:
            raise ValidationError(str(problem)) from problem


def ids(most: int, **options: Any) -> Any:
    """At most so many ids."""
    return fields.List(Integer(1, MAX_ID), validate=validate.Length(0, most), **options)


class InUse(View):
    """What a scanner has in flight."""

    targets = fields.Integer()
    tasks = fields.Integer()
    jobs = fields.Integer()


class ScannerChange(Schema):
    """What can be changed of a scanner; null takes the default again."""

    name = Name()
    enabled = Flag()
    allowed_ips = fields.List(Network(), validate=validate.Length(0, 100))
    target_capacity = Integer(1, MOST_TARGETS, allow_none=True)
    task_capacity = Integer(1, MOST_TASKS, allow_none=True)
    job_capacity = Integer(1, MOST_JOBS, allow_none=True)
    max_probes_per_second = Integer(1, MOST_RATE, allow_none=True)
    group_ids = ids(32)


class ScannerCreation(ScannerChange):
    """A new scanner."""

    name = Name(required=True)


class Scanner(ScannerChange):
    """A scanner."""

    Meta = View.Meta

    scanner_id = fields.Integer()
    status = fields.String()
    last_seen_at = Time()
    version = fields.String(allow_none=True)
    engines = fields.List(fields.String())
    in_use = fields.Nested(InUse)
    created_at = Time()
    api_key = fields.String(metadata={"description": "Only in the answer to create."})


class GroupChange(Schema):
    """What can be changed of a group."""

    name = Name()
    scanner_ids = ids(1000)
    job_capacity = Integer(1, MOST_JOBS)


class GroupCreation(GroupChange):
    """A new group."""

    name = Name(required=True)


class Group(GroupChange):
    """A group of scanners."""

    Meta = View.Meta

    group_id = fields.Integer()
    created_at = Time()


class Alarm(View):
    """Something that a person should look at."""

    alarm_id = fields.Integer(attribute="id")
    kind = fields.String()
    subject = fields.String()
    message = fields.String()
    raised_at = Time(attribute="raised")
    cleared_at = Time(attribute="cleared", dump_default=None)
    acked_at = Time(attribute="acked", dump_default=None)


class AlarmsQuery(PageQuery):
    """Which alarms."""

    state = fields.String(validate=validate.OneOf(["raised", "cleared"]))


class Drain(Schema):
    """Whether to hand out no more work."""

    drain = Flag(load_default=True)


class KeyCreation(Schema):
    """For how long the old keys live on."""

    grace_seconds = Integer(0, 30 * 24 * 3600, load_default=3600)


class Key(View):
    """A new key of a scanner."""

    scanner_id = fields.Integer()
    key_id = fields.String()
    api_key = fields.String(metadata={"description": "In this answer, and never again."})
