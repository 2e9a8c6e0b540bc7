"""Answers hot calls without Flask, where nothing about them is unusual.

Flask took most of an idle call's time. Whatever raises, and all else, goes on to Flask, which has a
view for it and the words for each refusal; it does not do again what was done here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from wsgiref.types import StartResponse

from flask import Flask

from web.hot import MET, RAISED, TURNED_AWAY, Answer, HotBlueprint, HotView
from web.readers import Environ

ROUTE = "scandispatch.route"  # in the environ of a call answered here: its rule

Found = tuple[HotView, dict[str, int]]

_NUMBER = re.compile(r"<int:(\w+)>")
_NUMBERED = re.compile(r"(\D*/)([0-9]{1,18})(/\D*)?", re.ASCII)


class HotCalls:
    """The app, and in front of it the hot views of a blueprint."""

    def __init__(self, app: Flask, blueprint: HotBlueprint) -> None:
        self.below = f"{blueprint.url_prefix}/"  # what the paths of hot calls begin with
        self._app = app.wsgi_app
        self._meet = partial(blueprint.meet, app)
        self._most_bytes = app.config["MAX_CONTENT_LENGTH"]
        self._plain: dict[tuple[str, str], Found] = {}
        self._numbered: dict[tuple[str, str, str], tuple[HotView, str]] = {}
        for (method, rule), hot in blueprint.hot.items():
            before, *rest = _NUMBER.split(rule)
            if rest:
                name, after = rest
                self._numbered[method, before, after] = hot, name
            else:
                self._plain[method, rule] = hot, {}

    def find(self, method: str, path: str) -> Found | None:
        """The hot view of a path, and the number in it by its name."""
        plain = self._plain.get((method, path))
        if plain:
            return plain
        parts = _NUMBERED.fullmatch(path)
        numbered = parts and self._numbered.get((method, parts[1], parts[3] or ""))
        if not parts or not numbered:
            return None
        hot, name = numbered
        return hot, {name: int(parts[2])}

    def knows(self, environ: Environ) -> bool:
        """Whether it is known who calls, and that they may."""
        try:
            self._meet(environ)
        except Exception:  # noqa: BLE001 - it is raised again when the call is answered
            return False
        return True

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        found = self.find(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        said = self._answer(environ, *found) if found else None
        if found is None or said is None:
            return self._app(environ, start_response)
        environ[ROUTE] = found[0].rule
        start_response("200 OK", said.headers())
        return _Body([said.body])

    def _answer(self, environ: Environ, hot: HotView, names: dict[str, int]) -> Answer | None:
        """What the view says, or None where Flask is to go on, which is told what happened."""
        try:
            call = self._meet(environ)
        except Exception as error:  # noqa: BLE001 - Flask has a handler for each
            environ[TURNED_AWAY] = error
            return None
        try:
            loaded = hot.read(environ, self._most_bytes)
        except Exception:  # noqa: BLE001 - Flask reads it again, and has the words
            environ[MET] = call
            return None
        try:
            return hot.view(call, loaded, **names)
        except Exception as error:  # noqa: BLE001 - as above
            environ[MET], environ[RAISED] = call, error
            return None


class _Body(list[bytes]):
    def close(self) -> None:
        """Nothing is left to do."""
