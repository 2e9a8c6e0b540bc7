"""Times each call of the app, and names it by its route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from metrics.meters import UNKNOWN_ROUTE
from web.hot_calls import ROUTE

Called = Callable[[str, str, str, float], None]
_ROUTED_REQUEST = "werkzeug.request"  # where Werkzeug leaves the request, with the rule it matched


class TimedCalls:
    """The app, and after each call `called(route, method, status, seconds)`.

    seconds: until the headers of the answer; a long answer may be sent for minutes after them.
    """

    def __init__(self, app: WSGIApplication, called: Called) -> None:
        self._app = app
        self._called = called

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call."""
        began = perf_counter()

        def start(status: str, *more: object) -> Callable[[bytes], object]:
            seconds = perf_counter() - began
            self._called(_route(environ), environ["REQUEST_METHOD"], status[:3], seconds)
            return start_response(status, *more)  # type: ignore[arg-type]  # as they came

        return self._app(environ, start)


def _route(environ: WSGIEnvironment) -> str:
    """The template of the route; unknown for wrong paths, and for wrong methods of right ones."""
    if ROUTE in environ:
        return environ[ROUTE]  # type: ignore[no-any-return]  # ours
    rule = getattr(environ.get(_ROUTED_REQUEST), "url_rule", None)
    return UNKNOWN_ROUTE if rule is None else rule.rule
