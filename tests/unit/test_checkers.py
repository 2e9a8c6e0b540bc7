"""A checker says what its schema says, and loads what it loads, whatever comes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE, ValidationError, fields, post_load, validates_schema

from scanner import findings, schemas, syncing
from web.checkers import compiled
from web.fields import Integer, Name, QueryInteger, Text
from web.schemas import Schema

FOUND = {
    "host": "10.0.0.1", "name": "a.example.org", "port": 22, "protocol": "tcp", "state": "open",
    "service": "ssh", "product": "OpenSSH", "version": "9", "banner": "SSH-2.0\r\n",
    "observedAt": "2026-01-31T12:00:00+01:00", "extra": {"a": [1, {"b": None}]},
}  # fmt: skip
MACHINE = {
    "version": "1.0", "bootId": "b", "engines": ["connect", "nmap"], "load": 0.5, "cpuCount": 4,
    "memoryBytes": 2**30,
}  # fmt: skip
REPORTED = {
    "jobId": 5, "attempt": 1, "state": "completed", "progressCount": 3, "resultCount": 2,
    "batch": 1, "results": [FOUND], "errorMessage": "e", "hostsDone": 0,
}  # fmt: skip
FULL: list[tuple[type[Schema], dict[str, Any]]] = [
    (schemas.Attempt, {"attempt": 1}),
    (schemas.Progress, {"attempt": 1, "progressCount": 3, "resultCount": 2}),
    (schemas.Completion, {
        "attempt": 1, "status": "failed", "resultCount": 2, "errorMessage": "why",
    }),
    (schemas.Release, {"attempt": 1, "hostsDone": 4}),
    (schemas.Heartbeat, {**MACHINE, "jobs": [{"jobId": 1, "attempt": 2}, {"jobId": 3}]}),
    (findings.Results, {"attempt": 1, "batch": 1, "results": [FOUND, FOUND]}),
    (syncing.Sync, {**MACHINE, "want": 10, "jobs": [REPORTED, {**REPORTED, "state": "running"}]}),
]  # fmt: skip
CHECKERS = {schema: compiled(schema) for schema, _ in FULL}

NUMBERS = st.one_of(
    st.integers(-2, 3),
    st.sampled_from([65535, 65536, 65537, 10**6, 2**53 - 1, 2**53, 2**63 - 1, -(2**63), 10**400]),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, 1e6, 1e6 + 0.1, 2.0**53]),
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *("tcp", "udp", "open", "up", "down", "completed", "failed", "running", "released"),
            *("10.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%x", "010.0.0.1", " 10.0.0.1", "1"),
            *("2026-01-31", "20260131T120000Z", "2026-01-31T12:00:00+23:59", "9999-12-31T23:59-12"),
            *("connect", "connect\n", "Nmap", "n", "\ud800", "x" * 100, "x" * 101, "x" * 254),
            *("x" * 256, "x" * 257, "x" * 1000, "x" * 1001, "x" * 4097),
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
LONG = st.sampled_from([20, 21, 100, 101, 1000, 1001])


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """The value, changed somewhere: another value, a name too many or too few, a list too long."""
    step = draw(st.integers(0, 9))
    if isinstance(value, dict) and value and step > 1:
        name = draw(st.sampled_from(sorted(value)))
        if step == 2:
            return {key: below for key, below in value.items() if key != name}
        if step == 3:
            return {**value, draw(TEXTS): draw(VALUES)}
        return {**value, name: draw(changed(value[name]))}
    if isinstance(value, list) and value and step > 1:
        if step == 2:
            return value[:1] * draw(LONG)
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(changed(value[at])), *value[at + 1 :]]
    return draw(VALUES)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[type[Schema], Any]:
    """A schema, and something that it takes, nearly takes, or that has nothing to do with it."""
    schema, body = draw(st.sampled_from(FULL))
    kept = draw(st.sets(st.sampled_from(sorted(body))))
    body = body if draw(st.booleans()) else {name: body[name] for name in kept}
    for _ in range(draw(st.integers(0, 2))):
        body = draw(changed(body))
    return schema, body


def loaded(load: Any, body: Any) -> Any:
    """What a body is loaded as, or None where it is refused."""
    try:
        return load(copy.deepcopy(body))
    except ValidationError:
        return None


@pytest.mark.parametrize(("schema", "body"), FULL)
def test_a_full_body_is_taken(schema: type[Schema], body: dict[str, Any]) -> None:
    """So that the comparisons below are not all of refusals."""
    assert loaded(CHECKERS[schema], body) == schema().load(body)


EDGES: list[tuple[type[Schema], dict[str, Any]]] = [
    *((schemas.Heartbeat, {"load": load}) for load in (0, 1, -0.0, 1e6, 1e6 + 1, 10**400, True)),
    *((schemas.Heartbeat, {"load": float(load)}) for load in ("nan", "inf", "-inf")),
    *(
        (findings.Results, {"attempt": 1, "batch": 1, "results": [{**FOUND, "extra": extra}]})
        for extra in ({"": 1}, {"x" * 100: 1}, {"x" * 101: 1}, {"x": "y" * 8192}, [], None)
    ),
    *(
        (syncing.Sync, {"jobs": [{**REPORTED, "batch": batch, "results": results}]})
        for batch in (None, 1)
        for results in (None, [], [FOUND])
    ),
]


@pytest.mark.parametrize(("schema", "body"), EDGES)
def test_at_the_edges_too(schema: type[Schema], body: dict[str, Any]) -> None:
    """Where chance seldom leads."""
    expected, actual = loaded(schema().load, body), loaded(CHECKERS[schema], body)

    assert repr(sorted_deep(expected)) == repr(sorted_deep(actual))


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies())
def test_a_checker_is_of_its_schemas_opinion(sent: tuple[type[Schema], Any]) -> None:
    """The same verdict, and where it is yes the same values, of the same types."""
    schema, body = sent

    expected, actual = loaded(schema().load, body), loaded(CHECKERS[schema], body)

    assert expected == actual
    assert repr(sorted_deep(expected)) == repr(sorted_deep(actual))


def sorted_deep(value: Any) -> Any:
    """With the names of every object in order: 1, 1.0 and True are equal, but not written alike."""
    if isinstance(value, dict):
        return [(name, sorted_deep(value[name])) for name in sorted(value)]
    return [sorted_deep(item) for item in value] if isinstance(value, list) else value


def test_a_default_is_made_anew() -> None:
    """So that nobody finds in it what another put there."""
    check = CHECKERS[schemas.Heartbeat]

    assert check({})["engines"] == []
    assert check({})["engines"] is not check({})["engines"]


class _Lenient(Schema):
    class Meta(Schema.Meta):
        unknown = EXCLUDE


class _Hooked(Schema):
    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data


class _Original(Schema):
    @validates_schema(pass_original=True)
    def _seen(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Look at what was sent, too."""


class _Demanding(Schema):
    @validates_schema
    def _asked(self, data: dict[str, Any], *, partial: bool, **_: Any) -> None:
        """Ask what else marshmallow says."""


UNKNOWN: dict[str, Any] = {
    "a lenient schema": _Lenient,
    "a hook": _Hooked,
    "a validator of what was sent": _Original,
    "a validator that asks for more": _Demanding,
    "a field of marshmallow's": Schema.from_dict({"f": fields.Email()}),
    "a field of ours": Schema.from_dict({"f": QueryInteger(1)}),
    "a subclass that reads otherwise": Schema.from_dict({"f": Name()}),
    "a field renamed": Schema.from_dict({"f": Integer(attribute="g")}),
    "a field with a step before": Schema.from_dict({"f": Text(3, pre_load=str.strip)}),
    "values of a dict": Schema.from_dict({"f": fields.Dict(values=Integer())}),
    "one of a list": Schema.from_dict({"f": fields.List(fields.Boolean())}),
    "a part of a schema": Schema.from_dict(
        {"f": fields.Nested(schemas.Attempt, exclude=["attempt"])}
    ),
}


@pytest.mark.parametrize("schema", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_no_checker_knows_is_not_compiled(schema: type[Schema]) -> None:
    """It is refused loudly, when the app is made, and not read wrongly later."""
    with pytest.raises(TypeError):
        compiled(schema)
