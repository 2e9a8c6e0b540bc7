"""Results on the wire: what a scanner found, batch by batch."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from web.fields import Integer, Moment, Text
from web.schemas import Ok, Schema

RESULTS_AT_MOST = 1000
EXTRA_AT_MOST_BYTES = 8192


class Host(fields.String):
    """An IP address."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = super()._deserialize(value, *args, **options)
        try:
            address = ipaddress.ip_address(text)
        except ValueError as problem:
            raise ValidationError("No IP address.") from problem
        if getattr(address, "scope_id", None):
            raise ValidationError("An address with a zone is none of the targets.")
        return str(getattr(address, "ipv4_mapped", None) or address)


class Result(Schema):
    """One finding."""

    host = Host(required=True)
    name = Text(253)
    port = Integer(1, 65535)
    protocol = fields.String(validate=validate.OneOf(["tcp", "udp"]))
    state = fields.String(
        required=True, validate=validate.OneOf(["open", "closed", "filtered", "up", "down"])
    )
    service = Text(256, 0)
    product = Text(256, 0)
    version = Text(256, 0)
    banner = Text(4096, 0)
    observed_at = Moment()
    extra = fields.Dict(keys=Text(100))

    @validates_schema
    def _bounded(self, data: dict[str, Any], **_: Any) -> None:
        if "extra" in data and len(json.dumps(data["extra"])) > EXTRA_AT_MOST_BYTES:
            raise ValidationError(f"At most {EXTRA_AT_MOST_BYTES} bytes.", "extra")


class Results(Schema):
    """A batch of findings."""

    attempt = Integer(1, required=True)
    batch = Integer(1, required=True)
    results = fields.List(
        fields.Nested(Result), required=True, validate=validate.Length(0, RESULTS_AT_MOST)
    )


_RESULTS = Result(many=True)


def rows(batch: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a batch that was read, as they are on the wire."""
    found: list[dict[str, Any]] = _RESULTS.dump(batch["results"])
    return found


class Accepted(Ok):
    """How many findings are kept."""

    accepted = fields.Integer()
