"""The blueprint and the OpenAPI document that all our views are registered with."""

from __future__ import annotations

import functools
import http
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import Flask
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint

from web.bodies import StrictParser
from web.fields import Time
from web.problems import CONTENT_TYPE
from web.schemas import Problem, Schema

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view, and gives one of the same shape."""

    def __call__(self, view: View, /) -> View:
        """Decorate."""
        ...


class Blueprint(SmorestBlueprint):  # type: ignore[misc]  # flask-smorest has no types
    """Bodies and queries are read by our parser, and nothing in them that nobody asked for.

    security: the name of the scheme that protects every view. query: the schema of the query of
    views that declare none.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(
        self,
        name: str,
        module: str,
        *,
        security: str,
        query: type[Schema] = Schema,
        **options: Any,
    ) -> None:
        super().__init__(name, module, **options)
        self._security: list[dict[str, list[str]]] = [{security: []}]
        self._query = query

    def get(self, rule: str, **options: Any) -> Decorator:
        """Route GET here."""
        return self._routed(super().get(rule, **options), "query")

    def post(self, rule: str, **options: Any) -> Decorator:
        """Route POST here."""
        return self._routed(super().post(rule, **options), "query", "json")

    def patch(self, rule: str, **options: Any) -> Decorator:
        """Route PATCH here."""
        return self._routed(super().patch(rule, **options), "query", "json")

    def delete(self, rule: str, **options: Any) -> Decorator:
        """Route DELETE here."""
        return self._routed(super().delete(rule, **options), "query")

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Parse the body (or location="query") by this schema, and pass it to the view first."""
        made = schema() if isinstance(schema, type) else schema  # once, and not for each call
        options.setdefault("required", any(field.required for field in made.fields.values()))
        decorator: Decorator = super().arguments(made, **options)
        return decorator

    def doc(self, **says: Any) -> Decorator:
        """Say this of a view in the OpenAPI document."""
        decorator: Decorator = super().doc(**says)
        return decorator

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        """Serialise what the view returns by this schema."""
        decorator: Decorator = super().response(status_code, schema, **options)
        return decorator

    def _routed(self, route: Decorator, *read: str) -> Decorator:
        def decorate(view: View) -> View:
            name = f"{self.name}_{view.__name__}"
            checked: View = self.doc(security=self._security, operationId=name)(view)
            for location in read:
                if location not in _declared(view):
                    checked = self._with_default(checked, location)
            return route(checked)

        return decorate

    def _with_default(self, view: Callable[..., Any], location: str) -> Any:
        """Refuse what a view that declares nothing does not know."""

        @functools.wraps(view)
        def without(_: dict[str, Any], **names: Any) -> Any:
            return view(**names)

        if location == "query" and self._query().fields:
            return self.arguments(self._query, location="query")(without)
        return self.ARGUMENTS_PARSER.use_args(Schema(), location=location)(without)


def _declared(view: Callable[..., Any]) -> set[str]:
    documented = getattr(view, "_apidoc", {}).get("arguments", {})
    return {each["in"] for each in documented.get("parameters", [])}


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """Errors are our problem documents, which web.problems makes for the whole app."""

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.register_field(Time, "string", "date-time")
        self.init_app(app)

    def _register_error_handlers(self) -> None:
        """Leave them to web.problems."""

    def _register_responses(self) -> None:
        """Each error is a problem document, with its own media type."""
        content = {CONTENT_TYPE: {"schema": Problem}}
        for status in http.HTTPStatus:
            if status >= http.HTTPStatus.BAD_REQUEST:
                response = {"description": status.phrase, "content": content}
                self.spec.components.response(status.name, response, lazy=True)
        response = {"description": "Why it was refused", "content": content}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, response, lazy=True)
