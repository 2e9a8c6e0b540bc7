"""The blueprint and the OpenAPI document that all our views are registered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint

from web.bodies import StrictParser
from web.schemas import Problem

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view, and gives one of the same shape."""

    def __call__(self, view: View, /) -> View:
        """Decorate."""
        ...


class Blueprint(SmorestBlueprint):  # type: ignore[misc]  # flask-smorest has no types
    """Bodies are read by our parser; `security` names the scheme that protects every view."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, module: str, *, security: str, **options: Any) -> None:
        super().__init__(name, module, **options)
        self._security: list[dict[str, list[str]]] = [{security: []}]

    def get(self, rule: str, **options: Any) -> Decorator:
        """Route GET here."""
        return self._routed(super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        """Route POST here."""
        return self._routed(super().post(rule, **options))

    def patch(self, rule: str, **options: Any) -> Decorator:
        """Route PATCH here."""
        return self._routed(super().patch(rule, **options))

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Parse the body (or location="query") by this schema, and pass it to the view first."""
        decorator: Decorator = super().arguments(schema, **options)
        return decorator

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        """Serialise what the view returns by this schema."""
        decorator: Decorator = super().response(status_code, schema, **options)
        return decorator

    def _routed(self, route: Decorator) -> Decorator:
        def decorate(view: View) -> View:
            documented: View = self.doc(security=self._security)(view)
            return route(documented)

        return decorate


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """Errors are our problem documents, which web.problems makes for the whole app."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave them to web.problems."""
