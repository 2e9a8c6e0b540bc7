"""What an operator sends to have something scanned."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.schemas import LONGEST_TARGET, MOST_RATE, MOST_TARGETS, ids
from domain.ports import PortsError, parse_ports
from domain.targets import TargetError, parse_target
from web.fields import Flag, Integer, Matches, Name
from web.schemas import Schema

MOST_LINES = 500_000
LONGEST_PORTS = 400_000  # each of 65,535 ports by itself
_ENGINE = "^[a-z][a-z0-9-]{0,31}$"


class Target(fields.String):
    """A CIDR, a range, an address or (where allowed) a name; kept as it was written."""

    def __init__(self, *, names: bool = True, **options: Any) -> None:
        self._names = names
        super().__init__(**options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if len(text) > LONGEST_TARGET:
            raise ValidationError("This is too long for a target.")
        try:
            target = parse_target(text)
        except TargetError as problem:
            raise ValidationError(str(problem)) from problem
        if isinstance(target, str) and not self._names:
            raise ValidationError(f"{text[:80]!r} is a name; exclude addresses.")
        return text


class Ports(fields.String):
    """Ports in nmap's notation."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        if len(text) > LONGEST_PORTS:
            raise ValidationError("This is too long; write ports in a row as 1-1024.")
        try:
            return parse_ports(text).text
        except PortsError as problem:
            raise ValidationError(str(problem)) from problem


class ScanCreation(Schema):
    """What to scan, and who may."""

    name = Name(load_default=None, allow_none=True)
    targets = fields.List(Target(), required=True, validate=validate.Length(1, MOST_LINES))
    exclude = fields.List(  # type: ignore[assignment]  # marshmallow takes fields off the class
        Target(names=False), load_default=list, validate=validate.Length(0, MOST_LINES)
    )
    ports = Ports(load_default=None, metadata={"description": "These, or those of a port list."})
    port_list_id = Integer(1, load_default=None, allow_none=True)
    scanner_ids = ids(100, load_default=list)
    group_ids = ids(100, load_default=list)
    engine = fields.String(
        load_default="connect",
        validate=Matches(_ENGINE, error="No name of an engine."),
    )
    engine_args = fields.Dict(keys=fields.String(), load_default=dict)
    max_probes_per_second = Integer(1, MOST_RATE, load_default=None, allow_none=True)
    hosts_per_task = Integer(1, MOST_TARGETS, load_default=None, allow_none=True)
    retry_failed = Flag(load_default=False)
    max_attempts = Integer(1, 100, load_default=None, allow_none=True)

    @validates_schema
    def _ports_once(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("ports") is None and data.get("port_list_id") is None:
            raise ValidationError("Give ports, or portListId.", "ports")
        if data.get("ports") is not None and data.get("port_list_id") is not None:
            raise ValidationError("Give ports or portListId, not both.", "portListId")
