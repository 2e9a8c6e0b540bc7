"""Port lists and the rules of a site on the wire: subnets, exclusions, scopes."""

from __future__ import annotations

from marshmallow import fields

from api.scan_creation import Ports
from api.schemas import MOST_RATE, Network
from web.fields import Integer, Name, Text, Time
from web.schemas import Schema, View

_CIDR = {"description": "One address counts as its /32 or /128."}
_SUBNETS = {"description": "To these addresses, over all scans and scanners of the site."}
_PORT_LISTS = {"description": "Of each task with these ports, not of all together; null: no limit."}


def _reason(**options: str) -> Text:
    return Text(500, 0, metadata={"description": "For people."}, **options)


class SubnetChange(Schema):
    """What can be changed of a subnet."""

    cidr = Network(metadata=_CIDR)
    max_probes_per_second = Integer(1, MOST_RATE, metadata=_SUBNETS)


class SubnetCreation(SubnetChange):
    """A new subnet: these addresses share a limit, over all scans and scanners of the site."""

    cidr = Network(required=True, metadata=_CIDR)
    max_probes_per_second = Integer(1, MOST_RATE, required=True, metadata=_SUBNETS)


class Subnet(SubnetChange):
    """A subnet with a limit."""

    Meta = View.Meta

    subnet_id = fields.Integer()
    granted_probes_per_second = fields.Integer(
        metadata={
            "description": "To tasks that are out now; a lowered limit takes nothing back, "
            "so it may be above the limit for a while."
        }
    )
    created_at = Time()


class ExclusionChange(Schema):
    """What can be changed of an exclusion."""

    cidr = Network(metadata=_CIDR)
    reason = _reason()


class ExclusionCreation(ExclusionChange):
    """A new exclusion: these addresses are never scanned in this site.

    Scans made later are made without them; in scans that are there they count as excluded.
    """

    cidr = Network(required=True, metadata=_CIDR)
    reason = _reason(load_default="")


class Exclusion(ExclusionChange):
    """What is never scanned."""

    Meta = View.Meta

    exclusion_id = fields.Integer()
    created_at = Time()


class ScopeChange(Schema):
    """What can be changed of a scope."""

    cidr = Network(metadata=_CIDR)


class ScopeCreation(ScopeChange):
    """A new scope: where a site has any, targets outside all of them are refused."""

    cidr = Network(required=True, metadata=_CIDR)


class Scope(ScopeChange):
    """What may be scanned."""

    Meta = View.Meta

    scope_id = fields.Integer()
    created_at = Time()


class PortListChange(Schema):
    """What can be changed of a port list; null takes its limit away."""

    name = Name()
    ports = Ports()
    max_probes_per_second = Integer(1, MOST_RATE, allow_none=True, metadata=_PORT_LISTS)


class PortListCreation(PortListChange):
    """A new port list."""

    name = Name(required=True)
    ports = Ports(required=True)


class PortList(PortListChange):
    """Ports that scans refer to, and the most probes per second of each of their tasks."""

    Meta = View.Meta

    port_list_id = fields.Integer()
    created_at = Time()
