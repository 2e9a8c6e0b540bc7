"""Flask, without asking several times a request whether what it is about to call is a coroutine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask


class Application(Flask):
    """Serves plain functions only, and keeps nothing of a call that was refused."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func

    def handle_user_exception(self, e: Exception) -> Any:
        """Its answer. What it went through is let go: a frame that holds it holds the body too."""
        answer = super().handle_user_exception(e)
        error: BaseException | None = e
        while error is not None:
            error.__traceback__ = None
            error = error.__context__
        return answer
