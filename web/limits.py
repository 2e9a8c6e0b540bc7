"""Checkers of one value in one step: its type, and what the validator of its field would say.

A validator of marshmallow's takes longer to call than the value takes to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, validate

Check = Callable[[Any], Any]  # the loaded value; raises ValidationError, whose words nobody reads


def refused() -> ValidationError:
    """What a checker raises."""
    return ValidationError("Refused.")


def of_kind(kind: type) -> Check:
    """Takes what is of exactly this type."""

    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise refused()
        return value

    return check


def limited(kind: type, validators: list[Any]) -> Check | None:
    """Takes what is of this type and satisfies these; None where they are not understood here."""
    if not validators:
        return of_kind(kind)
    make = _MAKERS.get((kind, type(validators[0])))
    return make(validators[0]) if make and len(validators) == 1 else None


def _range(validator: validate.Range) -> Check | None:
    low, high = validator.min, validator.max
    if low is None or high is None or not (validator.min_inclusive and validator.max_inclusive):
        return None

    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise refused()
        return value

    return check


def _length(validator: validate.Length) -> Check | None:
    shortest, longest = validator.min, validator.max
    if shortest is None or longest is None or validator.equal is not None:
        return None

    def check(value: Any) -> str:
        if type(value) is not str or not shortest <= len(value) <= longest:
            raise refused()
        return value

    return check


def _one_of(validator: validate.OneOf) -> Check:
    choices = frozenset(validator.choices)

    def check(value: Any) -> str:
        if type(value) is not str or value not in choices:
            raise refused()
        return value

    return check


_MAKERS: dict[tuple[type, type], Callable[[Any], Check | None]] = {
    (int, validate.Range): _range,
    (str, validate.Length): _length,
    (str, validate.OneOf): _one_of,
}
