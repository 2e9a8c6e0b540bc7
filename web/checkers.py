"""Compiles a schema of ours into a plain function that says yes or no to a body, and loads it.

Marshmallow walks a schema anew for every body; a checker has done that once. It is only right about
what it takes: a body that it refuses is shown to the schema itself, which finds the words. So a
checker may be stricter than its schema, and must never be more lenient, nor load anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError, fields

from web.fields import MAX_ID, Integer, Number, Spelled, Text
from web.schemas import Schema

Check = Callable[[Any], Any]  # the loaded value; raises ValidationError, whose words nobody reads

_VALIDATES = "validates_schema"


def compiled(schema: type[Schema]) -> Check:
    """The checker of a schema. Raises TypeError for a schema that it would not do justice to."""
    made = schema()
    if made.unknown != ma.RAISE or made.many:
        raise TypeError(f"{schema.__name__} reads other things than one object of known fields.")
    known = {str(f.data_key): (name, _checked(f)) for name, f in made.load_fields.items()}
    required = frozenset(name for name, field in made.load_fields.items() if field.required)
    defaults = [
        (name, field.load_default)
        for name, field in made.load_fields.items()
        if field.load_default is not ma.missing
    ]
    together = _validators_of(made)

    def check(body: Any) -> dict[str, Any]:
        if type(body) is not dict or not known.keys() >= body.keys():
            raise _refused()
        loaded = {}
        for key, value in body.items():
            name, check_one = known[key]
            loaded[name] = check_one(value)
        if not loaded.keys() >= required:
            raise _refused()
        for name, default in defaults:
            if name not in loaded:
                loaded[name] = default() if callable(default) else default
        for validator in together:
            validator(loaded)
        return loaded

    return check


def _refused() -> ValidationError:
    return ValidationError("Refused.")


def _validators_of(schema: Schema) -> list[Callable[[dict[str, Any]], None]]:
    """The schema's own validators; no other hook of marshmallow's is known here."""
    hooks = schema._hooks  # noqa: SLF001 - marshmallow has no other way to ask
    validating = hooks.get(_VALIDATES, [])
    others = [tag for tag, found in hooks.items() if found and tag != _VALIDATES]
    if others or any(many or options.get("pass_original") for _, many, options in validating):
        raise TypeError(f"{type(schema).__name__} has hooks that no checker knows.")
    return [_validator(getattr(schema, name)) for name, _, _ in validating]


def _validator(method: Callable[..., None]) -> Callable[[dict[str, Any]], None]:
    return lambda loaded: method(loaded, partial=False, many=False, unknown=ma.RAISE)


def _checked(field: fields.Field[Any]) -> Check:
    """The checker of one field: its type, then its validators; null only where it may be."""
    if field.pre_load or field.post_load or field.attribute or field.dump_only:
        raise TypeError(f"Field {field.name} does more than a checker knows.")
    kind = Spelled if isinstance(field, Spelled) else type(field)
    if kind not in _KINDS:
        raise TypeError(f"No checker is known for {kind.__name__} ({field.name}).")
    check = _with_validators(_KINDS[kind](field), field.validators)
    return _or_none(check) if field.allow_none else check


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _with_validators(check: Check, validators: list[Any]) -> Check:
    if not validators:
        return check

    def check_all(value: Any) -> Any:
        loaded = check(value)
        for validator in validators:
            validator(loaded)
        return loaded

    return check_all


def _text(_: fields.Field[Any]) -> Check:
    def check(value: Any) -> str:
        if type(value) is not str:
            raise _refused()
        return value

    return check


def _integer(_: fields.Field[Any]) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int:
            raise _refused()
        return value

    return check


def _number(_: fields.Field[Any]) -> Check:
    def check(value: Any) -> float:
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is int and -MAX_ID <= value <= MAX_ID:
            return float(value)
        raise _refused()

    return check


def _spelled(field: Any) -> Check:
    spell = field.spell

    def check(value: Any) -> str:
        if type(value) is not str:
            raise _refused()
        spelled: str = spell(value)
        return spelled

    return check


def _list(field: Any) -> Check:
    check_item = _checked(field.inner)

    def check(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _refused()
        return [check_item(item) for item in value]

    return check


def _dict(field: Any) -> Check:
    if field.value_field is not None:
        raise TypeError(f"Field {field.name} has values that no checker knows.")
    check_key = _text(field) if field.key_field is None else _checked(field.key_field)

    def check(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _refused()
        return {check_key(key): below for key, below in value.items()}

    return check


def _nested(field: Any) -> Check:
    if field.only or field.exclude or field.unknown or field.many:
        raise TypeError(f"Field {field.name} nests in a way that no checker knows.")
    return compiled(field.nested)


# By exact class: a subclass may read otherwise.
_KINDS: dict[type, Callable[[Any], Check]] = {
    fields.String: _text,
    Text: _text,
    Integer: _integer,
    Number: _number,
    Spelled: _spelled,
    fields.List: _list,
    fields.Dict: _dict,
    fields.Nested: _nested,
}
