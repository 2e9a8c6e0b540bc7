"""What our schemas are made of: camelCase on the wire, bounded and typed fields."""

from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

MAX_PAGE = 1000
MAX_ID = 2**53 - 1  # the largest integer that every JSON reader keeps
NAME = r"\A\w[\w .:@+-]{0,99}\Z"


class Schema(ma.Schema):
    """Fields are snake_case here and camelCase on the wire; unknown ones are refused."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        """Name the field on the wire."""
        first, *rest = field_name.split("_")
        field_obj.data_key = field_obj.data_key or first + "".join(map(str.capitalize, rest))


class Integer(fields.Integer):
    """A whole JSON number within bounds; no string, no fraction, no boolean."""

    def __init__(self, lowest: int = 0, highest: int = MAX_ID, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(lowest, highest), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **options)


class QueryInteger(fields.Integer):
    """A whole number in a query, in decimal digits, within bounds."""

    def __init__(self, lowest: int, highest: int, **options: Any) -> None:
        super().__init__(validate=validate.Range(lowest, highest), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        text = str(value)
        if not (text.isascii() and text.lstrip("-").isdigit()) or len(text) > 20:  # noqa: PLR2004 - digits
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **options)


class Text(fields.String):
    """A bounded string, by default not empty."""

    def __init__(self, longest: int, shortest: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **options)


class Name(fields.String):
    """What an operator calls something: letters, digits and a few signs that no shell minds."""

    def __init__(self, **options: Any) -> None:
        sentence = "Use 1 to 100 letters, digits, spaces or any of _ . : @ + -"
        super().__init__(validate=validate.Regexp(NAME, error=sentence), **options)


class Flag(fields.Boolean):
    """JSON true or false, and nothing that merely looks like it."""

    truthy = {True}  # noqa: RUF012 - marshmallow reads it from the class
    falsy = {False}  # noqa: RUF012 - marshmallow reads it from the class

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **options)


class Time(fields.Field[str]):
    """Milliseconds since 1970 in the store, ISO 8601 in UTC on the wire."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        moment = dt.datetime.fromtimestamp(int(value) / 1000, tz=dt.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SiteQuery(Schema):
    """Which site a call is about, for tokens of all sites."""

    site = Text(32)


class PageQuery(SiteQuery):
    """Which page of a list."""

    limit = QueryInteger(1, MAX_PAGE, load_default=100)
    cursor = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A[0-9]{0,18}\Z", error="No cursor of ours."),
    )


class Ok(Schema):
    """It was done."""

    ok = Flag(load_default=True, dump_default=True)


class Problem(Schema):
    """An error as RFC 9457 describes it."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String(metadata={"description": "Stable, in capitals."})
    retryable = fields.Boolean()
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Field path to sentences."},
    )


def page_of(item: type[Schema]) -> ma.Schema:
    """The schema of a page of items."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "next_cursor": fields.String(allow_none=True),
        },
        name=f"{item.__name__}Page",
    )()
