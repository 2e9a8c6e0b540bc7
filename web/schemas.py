"""The schemas that several resources share: names in camelCase on the wire, pages, problems."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from web.fields import Matches, QueryInteger, Text

MAX_PAGE = 1000


class Schema(ma.Schema):
    """Fields are snake_case here and camelCase on the wire; unknown ones are refused."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        """Name the field on the wire."""
        first, *rest = field_name.split("_")
        field_obj.data_key = field_obj.data_key or first + "".join(map(str.capitalize, rest))

    def load(self, *data: Any, **options: Any) -> Any:
        """As marshmallow's, whose refusal and the frame that makes it hold each other, and data."""
        try:
            return super().load(*data, **options)
        except ma.ValidationError as error:
            raise error.with_traceback(None) from None


class View(Schema):
    """What we answer; clients are to ignore fields that they do not know."""

    class Meta(ma.Schema.Meta):
        """Says so in the OpenAPI document."""

        unknown = ma.EXCLUDE


class SiteQuery(Schema):
    """Which site a call is about, for tokens of all sites."""

    site = Text(32)


class PageQuery(SiteQuery):
    """Which page of a list."""

    limit = QueryInteger(1, MAX_PAGE, load_default=100)
    cursor = fields.String(
        load_default="", validate=Matches("^[0-9]{0,18}$", error="No cursor of ours.")
    )


class Ok(View):
    """It was done."""

    ok = fields.Boolean(dump_default=True)


class Problem(View):
    """An error as RFC 9457 describes it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable, in capitals."})
    retryable = fields.Boolean(required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Field path to sentences."},
    )


def page_of(item: type[Schema]) -> ma.Schema:
    """The schema of a page of items."""
    return View.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "next_cursor": fields.String(allow_none=True),
        },
        name=f"{item.__name__}Page",
    )()
