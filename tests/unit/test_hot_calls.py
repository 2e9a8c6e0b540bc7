"""web.hot_calls: which requests never meet Flask, and that it is told what happened before."""

from __future__ import annotations

import gc
import io
import weakref
from typing import Any

import pytest
import redis
from flask import Flask, g
from marshmallow import fields
from werkzeug.test import EnvironBuilder, TestResponse

from domain.errors import JobNotFound, JobNotOwned, LeaseLost, MissingApiKey
from metrics.calls import TimedCalls
from web.application import Application
from web.blueprints import Api
from web.bodies import StrictParser
from web.fields import Integer, QueryInteger
from web.headers import register_headers
from web.hot import Answer, HotBlueprint, answer
from web.hot_calls import HotCalls
from web.problems import register_problems
from web.readers import query_reader
from web.schemas import Ok, Schema

OPENAPI = {"API_TITLE": "t", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
MOST_BYTES = 100


class Amount(Schema):
    amount = Integer(1)


class Part(Schema):
    of = fields.List(fields.Nested(Amount))


class Order(Amount):
    parts = fields.List(fields.Nested(Part))


class Limit(Schema):
    limit = QueryInteger(1, load_default=1)
    wait = QueryInteger(0, load_default=0)


class Who(str):
    """A caller, who knows the call, as scanners' do."""

    __slots__ = ("environ",)
    environ: dict[str, Any]


class House:
    """An app with hot views, and a note of what ran: who met whom, views, and whether by Flask."""

    def __init__(self) -> None:
        self.ran: list[Any] = []
        self.refuses: Exception | None = None
        self.app = Application("house")
        self.app.config.update(OPENAPI, MAX_CONTENT_LENGTH=MOST_BYTES)
        hot = self.hot = self._views()
        self.app.wsgi_app = HotCalls(self.app, hot)  # type: ignore[method-assign]
        register_headers(self.app)
        routes = self.routes = list[str]()
        self.app.wsgi_app = TimedCalls(  # type: ignore[method-assign]
            self.app.wsgi_app,
            lambda route, method, status, _: routes.append(f"{method} {route} {status}"),
        )
        register_problems(self.app)
        Api(self.app).register_blueprint(hot)

    def meet(self, _: Flask, environ: dict[str, Any]) -> str:
        who = Who(environ.get("HTTP_X_NAME", ""))
        who.environ = environ
        self.ran.append(f"met {who}")
        if not who:
            raise MissingApiKey
        return who

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        options.setdefault("headers", {"X-Name": "Ann"})
        return self.app.test_client().open(path, method=method, buffered=True, **options)

    def _views(self) -> HotBlueprint:
        hot = HotBlueprint("hot", __name__, url_prefix="/hot", security="none", meet=self.meet)

        @hot.before_request
        def flask_has_it() -> None:
            self.ran.append("flask")
            g.call = hot.met()

        @hot.get("/list")
        @hot.arguments(Limit, location="query")
        @hot.response(200, Ok)
        def some(call: str, query: dict[str, Any]) -> Answer:
            """List."""
            self.ran.append((call, query["limit"]))
            return answer({"ok": True}, retry_after_seconds=7)

        @hot.post("/<int:item>/take")
        @hot.arguments(Order)
        @hot.response(200, Ok)
        def take(call: str, body: dict[str, Any], item: int) -> Answer:
            """Take."""
            self.ran.append((call, body, item))
            if self.refuses:
                raise self.refuses
            return answer({"ok": True})

        return hot


def test_an_ordinary_call_never_meets_flask() -> None:
    """It is met once, read and answered; and counted by its route."""
    house = House()
    listed = house.ask("GET", "/hot/list?limit=3")
    taken = house.ask("POST", "/hot/0012/take", json={"amount": 2})

    assert house.ran == ["met Ann", ("Ann", 3), "met Ann", ("Ann", {"amount": 2}, 12)]
    assert house.routes == ["GET /hot/list 200", "POST /hot/<int:item>/take 200"]
    assert (listed.get_data(), taken.get_data()) == (b'{"ok":true}', b'{"ok":true}')


def test_flask_answers_in_the_same_words() -> None:
    """The same headers and body, where a request is none that is answered here."""
    house = House()
    usual = house.ask("POST", "/hot/1/take", json={"amount": 2})
    patient = house.ask(
        "POST", "/hot/1/take", data=b'{"amount":2}', content_type="application/json; charset=utf-8"
    )
    house.ask("GET", "/hot/list?limit=1")
    head = house.ask("HEAD", "/hot/list?limit=1")
    listed = house.ask("GET", "/hot/list?limit=1")

    assert house.ran.count("flask") == 2
    assert sorted(usual.headers) == sorted(patient.headers)
    assert sorted(head.headers) == sorted(listed.headers)
    assert usual.get_data() == patient.get_data()
    assert listed.headers["Retry-After"] == "7"


OTHERS: list[tuple[str, str, int]] = [
    ("POST", "/hot/list", 405),
    ("GET", "/hot/1/take", 405),
    ("GET", "/hot", 404),
    ("POST", "/hot/<int:item>/take", 404),
    ("POST", "/hot/%23/take", 404),
    ("POST", "/hot/-1/take", 404),
    ("POST", "/hot/1/2/take", 404),
    ("POST", "/hot/1", 404),
    ("POST", f"/hot/{'9' * 19}/take", 200),
    ("POST", "/hot/1/take?x=1", 422),
    ("GET", "/hot/list?limit=0", 422),
]


@pytest.mark.parametrize(("method", "path", "status"), OTHERS)
def test_flask_is_asked_about_all_else(method: str, path: str, status: int) -> None:
    """Other paths, methods and numbers; a query that no schema takes."""
    assert House().ask(method, path).status_code == status


BODIES: list[tuple[bytes, int]] = [
    (b"{", 400),
    (b'{"amount":0}', 422),
    (b'{"amount":1}' + b" " * MOST_BYTES, 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_flask_refuses_what_cannot_be_read(body: bytes, status: int) -> None:
    """It reads the body once more, and the view never runs."""
    house = House()
    said = house.ask("POST", "/hot/1/take", data=body, content_type="application/json")

    assert said.status_code == status
    assert house.ran == ["met Ann", "flask"]


def test_what_was_refused_is_not_done_again() -> None:
    """Flask words what the view has raised, and does not run it."""
    house = House()
    house.refuses = JobNotOwned("It is not yours.")
    said = house.ask("POST", "/hot/1/take", json={})

    assert (said.status_code, said.get_json()["detail"]) == (403, "It is not yours.")
    assert house.ran == ["met Ann", ("Ann", {}, 1), "flask"]
    assert house.routes == ["POST /hot/<int:item>/take 403"]


def test_who_was_turned_away_is_not_met_again() -> None:
    """Nor is the body read of who may not call."""
    house = House()
    said = house.ask(
        "POST", "/hot/1/take", headers={}, input_stream=io.BytesIO(b"{"), content_type="text/plain"
    )

    assert said.status_code == 401
    assert house.ran == ["met ", "flask"]


class Mark:
    """Of a call: it can be looked for."""


TAKE, LIST = "/hot/1/take", "/hot/list"
ANN = {"X-Name": "Ann"}
ENDS: dict[str, tuple[str, dict[str, Any], bytes, Exception | None]] = {
    "200": (TAKE, ANN, b'{"amount":2}', None),
    "200 of a query": (f"{LIST}?wait=3", ANN, b"", None),
    "200 by Flask": (TAKE, {**ANN, "Content-Type": "application/json;charset=utf-8"}, b"{}", None),
    "400": (TAKE, ANN, b"{", None),
    "401": (TAKE, {}, b"{}", None),
    "403": (TAKE, ANN, b"{}", JobNotOwned("It is not yours.")),
    "404": ("/hot/nowhere", ANN, b"{}", None),
    "404 of a view": (TAKE, ANN, b"{}", JobNotFound("There is none.")),
    "405": (LIST, ANN, b"{}", None),
    "409": (TAKE, ANN, b"{}", LeaseLost("It is another's.")),
    "413": (TAKE, ANN, b" " * (MOST_BYTES + 1), None),
    "415": (TAKE, {**ANN, "Content-Type": "text/plain"}, b"{}", None),
    "422": (TAKE, ANN, b'{"amount":0}', None),
    "422 deep within": (TAKE, ANN, b'{"parts":[{"of":[{"amount":0}]}]}', None),
    "422 of a query": (f"{LIST}?limit=0", ANN, b"", None),
    "500": (TAKE, ANN, b"{}", KeyError("unforeseen")),
    "503": (TAKE, ANN, b"{}", redis.ConnectionError("away")),
}


@pytest.mark.parametrize(("end", "call"), ENDS.items(), ids=ENDS.keys())
def test_nothing_of_a_call_outlives_it(
    end: str, call: tuple[str, dict[str, Any], bytes, Exception | None]
) -> None:
    """Else all bodies would wait for the collector, which seldom looks through everything."""
    house = House()
    path, headers, sent, house.refuses = call
    mark = Mark()
    gone = weakref.ref(mark)
    method = "GET" if "?" in path else "POST"
    environ = EnvironBuilder(
        path, method=method, headers={"Content-Type": "application/json", **headers}
    ).get_environ()
    environ |= {"wsgi.input": io.BytesIO(sent), "CONTENT_LENGTH": str(len(sent)), "mark": mark}
    heard: list[str] = []
    gc.disable()
    try:
        said = house.app.wsgi_app(environ, lambda status, *_: heard.append(status[:3]))  # type: ignore[func-returns-value,arg-type]  # WSGI's old way to write
        list(said)
        said.close()  # type: ignore[attr-defined]  # what is answered here has it
        house.ran.clear()
        del call, environ, mark, said, house

        assert heard == [end[:3]]
        assert gone() is None
    finally:
        gc.enable()


def test_whether_a_caller_is_known_can_be_asked_before() -> None:
    """Before the body is there; the call is met again when it is answered."""
    house = House()
    hot = HotCalls(house.app, house.hot)

    assert hot.knows({"HTTP_X_NAME": "Ann"})
    assert not hot.knows({})


def test_what_was_read_of_a_query_is_its_call_s_own() -> None:
    """It is remembered, and the next call with the same query has it as it was."""
    read = query_reader(Limit, StrictParser())
    environ = {"QUERY_STRING": "limit=3"}
    read(environ, 0)["limit"] = 4

    assert read(environ, 0) == {"limit": 3, "wait": 0}
