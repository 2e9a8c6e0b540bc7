"""Results on the wire: what a scanner found, batch by batch."""

from __future__ import annotations

import ipaddress
import json
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from web.fields import Integer, Moment, Spelled, Text
from web.schemas import Ok, Schema

RESULTS_AT_MOST = 1000
HOSTS_REMEMBERED = 4096  # a batch has many rows about each of few hosts
EXTRA_AT_MOST_BYTES = 8192


class Host(Spelled):
    """An IP address."""

    def spell(self, text: str) -> str:
        """As ipaddress writes it, IPv4-mapped ones as IPv4."""
        return _address(text)


@lru_cache(maxsize=HOSTS_REMEMBERED)
def _address(text: str) -> str:
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


_WIRE = {name: str(field.data_key) for name, field in Result().fields.items()}


def rows(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results that were read, as they are on the wire."""
    return [{_WIRE[name]: said for name, said in result.items()} for result in results]


class Accepted(Ok):
    """How many findings are kept."""

    accepted = fields.Integer()
