"""Compiles a schema of ours into a plain function that says yes or no to a body, and loads it.

Marshmallow walks a schema anew for every body; a checker has done that once. It is only right about
what it takes: a body that it refuses is shown to the schema itself, which finds the words. So a
checker may be stricter than its schema, and must never be more lenient, nor load anything else.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow import fields

from web.fields import MAX_ID, Integer, Number, Spelled, Text
from web.limits import Check, limited, of_kind, refused
from web.schemas import Schema

_VALIDATES = "validates_schema"


def compiled(schema: type[Schema]) -> Check:
    """The checker of a schema. Raises TypeError for a schema that it would not do justice to."""
    made = schema()
    if made.unknown != ma.RAISE or made.many:
        raise TypeError(f"{schema.__name__} reads other things than one object of known fields.")
    known = {str(f.data_key): (name, _checked(f)) for name, f in made.load_fields.items()}
    required = frozenset(name for name, field in made.load_fields.items() if field.required)
    plain, made_anew = _defaults(made)
    together = _validators_of(made)

    def check(body: Any) -> dict[str, Any]:
        if type(body) is not dict:
            raise refused()
        loaded = plain.copy()
        for key, value in body.items():
            try:
                name, check_one = known[key]
            except KeyError:
                raise refused() from None
            loaded[name] = check_one(value)
        if not loaded.keys() >= required:
            raise refused()
        for name, make in made_anew:
            if name not in loaded:
                loaded[name] = make()
        for validator in together:
            validator(loaded)
        return loaded

    return check


def _defaults(schema: Schema) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """What fields are that are not sent: values, and what makes a value."""
    all_of_them = {
        name: field.load_default
        for name, field in schema.load_fields.items()
        if field.load_default is not ma.missing
    }
    made_anew = [(name, default) for name, default in all_of_them.items() if callable(default)]
    plain = {name: value for name, value in all_of_them.items() if not callable(value)}
    return plain, made_anew


def _validators_of(schema: Schema) -> list[Callable[[dict[str, Any]], None]]:
    """The schema's own validators; no other hook of marshmallow's is known here."""
    hooks = schema._hooks  # noqa: SLF001 - marshmallow has no other way to ask
    validating = hooks.get(_VALIDATES, [])
    others = [tag for tag, found in hooks.items() if found and tag != _VALIDATES]
    if others or any(many or options.get("pass_original") for _, many, options in validating):
        raise TypeError(f"{type(schema).__name__} has hooks that no checker knows.")
    methods = [getattr(schema, name) for name, _, _ in validating]
    for method in methods:
        inspect.signature(method).bind({})  # what else marshmallow tells them, they do not need
    return methods


def _checked(field: fields.Field[Any]) -> Check:
    """The checker of one field: its type, then its validators; null only where it may be."""
    if field.pre_load or field.post_load or field.attribute or field.dump_only:
        raise TypeError(f"Field {field.name} does more than a checker knows.")
    kind = Spelled if isinstance(field, Spelled) else type(field)
    if kind not in _KINDS:
        raise TypeError(f"No checker is known for {kind.__name__} ({field.name}).")
    check = None
    if kind in _PLAIN:
        check = limited(_PLAIN[kind], field.validators)
    if check is None:
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


def _number(_: fields.Field[Any]) -> Check:
    def check(value: Any) -> float:
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is int and -MAX_ID <= value <= MAX_ID:
            return float(value)
        raise refused()

    return check


def _spelled(field: Any) -> Check:
    spell = field.spell

    def check(value: Any) -> str:
        if type(value) is not str:
            raise refused()
        spelled: str = spell(value)
        return spelled

    return check


def _list(field: Any) -> Check:
    check_item = _checked(field.inner)

    def check(value: Any) -> list[Any]:
        if type(value) is not list:
            raise refused()
        return [check_item(item) for item in value]

    return check


def _dict(field: Any) -> Check:
    if field.value_field is not None:
        raise TypeError(f"Field {field.name} has values that no checker knows.")
    check_key = of_kind(str) if field.key_field is None else _checked(field.key_field)

    def check(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise refused()
        return {check_key(key): below for key, below in value.items()}

    return check


def _nested(field: Any) -> Check:
    if field.only or field.exclude or field.unknown or field.many:
        raise TypeError(f"Field {field.name} nests in a way that no checker knows.")
    return compiled(field.nested)


# By exact class: a subclass may read otherwise.
_PLAIN: dict[type, type] = {fields.String: str, Text: str, Integer: int}
_KINDS: dict[type, Callable[[Any], Check]] = {
    fields.String: lambda _: of_kind(str),
    Text: lambda _: of_kind(str),
    Integer: lambda _: of_kind(int),
    Number: _number,
    Spelled: _spelled,
    fields.List: _list,
    fields.Dict: _dict,
    fields.Nested: _nested,
}
