"""The fields that our schemas are made of: strict, bounded, and the same everywhere."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields, validate

MAX_ID = 2**53 - 1  # the largest integer that every JSON reader keeps

_DIGITS = re.compile(r"-?[0-9]{1,4000}")  # Python itself reads 4,300
_NAME = re.compile(r"\w[\w .:@+-]{0,99}")  # not told as JSON Schema, whose \w is ASCII only
_NAME_SENTENCE = "Use 1 to 100 letters, digits, spaces or any of _ . : @ + -"


class Matches(validate.Regexp):
    """The whole text matches; the pattern reads the same in Python and in JSON Schema."""

    def __call__(self, value: Any) -> Any:
        """The value. Raises ValidationError."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Integer(fields.Integer):
    """A whole JSON number within bounds; no string, no fraction, no boolean."""

    def __init__(self, lowest: int = 0, highest: int = MAX_ID, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(lowest, highest), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **options)


class QueryInteger(fields.Integer):
    """A whole number in a query, in decimal digits, within bounds.

    cap: what any larger number counts as; without one, larger numbers are refused.
    """

    def __init__(
        self, lowest: int, highest: int | None = None, *, cap: int | None = None, **options: Any
    ) -> None:
        self._cap = cap
        super().__init__(validate=validate.Range(lowest, highest), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if _DIGITS.fullmatch(str(value)) is None:
            raise self.make_error("invalid")
        number = int(super()._deserialize(value, *args, **options))
        return number if self._cap is None else min(number, self._cap)


class Number(fields.Float):
    """A JSON number within bounds; no string, no boolean."""

    def __init__(self, lowest: float, highest: float, **options: Any) -> None:
        super().__init__(validate=validate.Range(lowest, highest), **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **options)


class Text(fields.String):
    """A bounded string, by default not empty."""

    def __init__(self, longest: int, shortest: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **options)


class Name(fields.String):
    """What an operator calls something: letters, digits and a few signs that no shell minds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"description": _NAME_SENTENCE}, **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        text = super()._deserialize(value, *args, **options)
        if _NAME.fullmatch(text) is None:
            raise ValidationError(_NAME_SENTENCE)
        return text


class Flag(fields.Boolean):
    """JSON true or false, and nothing that merely looks like it."""

    truthy = {True}  # noqa: RUF012 - marshmallow reads it from the class
    falsy = {False}  # noqa: RUF012 - marshmallow reads it from the class

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **options)


class Time(fields.Field[str]):
    """Milliseconds since 1970 in the store, ISO 8601 in UTC on the wire; null for not yet."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_none=True, **options)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        moment = dt.datetime.fromtimestamp(int(value) / 1000, tz=dt.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Spelled(fields.String):
    """A text of which many spellings are taken; `spell` answers the one that is kept.

    It raises ValidationError for a text that is none of them.
    """

    spell: Callable[[str], str]

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        return self.spell(super()._deserialize(value, *args, **options))


class Moment(Spelled):
    """A time in ISO 8601 that a client sends, kept in UTC; one without an offset is UTC already."""

    def spell(self, text: str) -> str:
        """In UTC, with a Z at its end."""
        try:
            moment = dt.datetime.fromisoformat(text)
            moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError) as problem:
            sentence = "No time in ISO 8601 such as 2026-01-31T12:00:00Z."
            raise ValidationError(sentence) from problem
        return moment.isoformat().replace("+00:00", "Z")
