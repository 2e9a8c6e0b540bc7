"""The blueprint of hot calls: those made so often that every microsecond of theirs counts.

Its views are declared as all others are, and documented from that, and Flask can run them. But what
usually runs them is web.hot_calls: by a checker compiled from the schema, and without Flask.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, request

from web.blueprints import Blueprint, Decorator
from web.bodies import JSON, text_of
from web.readers import Environ, Loaded, Read, body_reader, query_reader

# In the environ, by web.hot_calls, of a request with which Flask goes on: who calls, or why nobody
# may; what the view has raised.
MET, TURNED_AWAY, RAISED = "scandispatch.met", "scandispatch.turned_away", "scandispatch.raised"

View = Callable[..., "Answer"]
Meet = Callable[[Flask, Environ], Any]  # who calls; raises where nobody may


class Answer(NamedTuple):
    """A 200: its body as it is on the wire, and when to ask again."""

    body: bytes
    retry_after_seconds: int | None

    def headers(self) -> list[tuple[str, str]]:
        """Those of its own."""
        said = [("Content-Type", JSON), ("Content-Length", str(len(self.body)))]
        if self.retry_after_seconds is not None:
            said.append(("Retry-After", str(self.retry_after_seconds)))
        return said


def answer(
    body: Loaded, texts: dict[str, str] | None = None, *, retry_after_seconds: int | None = None
) -> Answer:
    """A 200 with this body; texts: fields of it that are JSON already."""
    fields = [text_of(body)[1:-1]] if body else []
    if texts:
        fields += [f'"{name}":{text}' for name, text in texts.items()]
    return Answer(f"{{{','.join(fields)}}}".encode(), retry_after_seconds)


class HotView(NamedTuple):
    """A view, and how a request to it is read."""

    rule: str
    read: Read
    view: View


class HotBlueprint(Blueprint):
    """Views take who calls, then what was read as elsewhere, and return what `answer` makes."""

    def __init__(self, *names: str, meet: Meet, **options: Any) -> None:
        super().__init__(*names, **options)
        self.meet = meet
        self.hot: dict[tuple[str, str], HotView] = {}  # by method and rule

    def get(self, rule: str, **options: Any) -> Decorator:
        """Route GET here."""
        return self._heated("GET", rule, super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        """Route POST here."""
        return self._heated("POST", rule, super().post(rule, **options))

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Read the body (or location="query") by this schema, or by its checker."""
        patient = super().arguments(schema, **options)
        from_query = options.get("location") == "query"

        def decorate(view: View) -> Any:
            run = patient(_under_flask(view))
            reads = (
                query_reader(schema, self.ARGUMENTS_PARSER) if from_query else body_reader(schema)
            )
            run.hot = view, reads
            return run

        return decorate

    def met(self) -> Any:
        """Who calls, as Flask's view is told. Raises where nobody may."""
        if TURNED_AWAY in request.environ:
            raise request.environ.pop(TURNED_AWAY)
        return request.environ.pop(MET, None) or self.meet(current_app, request.environ)

    def doc(self, **says: Any) -> Decorator:
        """Say this of a view in the OpenAPI document."""
        return _only_documenting(super().doc(**says))

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        """Say in the OpenAPI document what a view answers."""
        return _only_documenting(super().response(status_code, schema, **options))

    def _heated(self, method: str, rule: str, route: Decorator) -> Decorator:
        def decorate(view: Any) -> Any:
            whole, (hot, read) = f"{self.url_prefix}{rule}", view.hot
            self.hot[method, whole] = HotView(whole, read, hot)
            return route(_raising_again(view))

        return decorate


def _only_documenting(decorator: Decorator) -> Decorator:
    """What the decorator writes down of a view, on the view itself."""

    def decorate(view: Any) -> Any:
        view._apidoc = decorator(view)._apidoc  # noqa: SLF001 - flask-smorest's place for it
        return view

    return decorate


def _raising_again(view: Callable[..., Response]) -> Any:
    """The view, unless it has run already: then what it raised."""

    @functools.wraps(view)
    def run(**names: Any) -> Response:
        if RAISED in request.environ:
            raise request.environ.pop(RAISED)
        return view(**names)

    return run


def _under_flask(view: View) -> Any:
    """The view as Flask runs it."""

    @functools.wraps(view)
    def run(loaded: Loaded, **names: Any) -> Response:
        said = view(g.call, loaded, **names)
        return Response(said.body, headers=said.headers())

    return run
