"""Events of a scan on the wire: as a page, or as Server-Sent Events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from typing import Any

from flask import Response, request
from marshmallow import fields

from api.scan_schemas import Scan
from api.streams import streamed
from dispatch.news import PROGRESS, Happened, News, Progressed, Silence
from web.fields import Matches, Time
from web.schemas import PageQuery, View

EVENT_STREAM = "text/event-stream"
NO_CONTENT = 204  # to an EventSource: do not connect again
EVENT_ANSWERS = {
    200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}},
    NO_CONTENT: {"description": "As text/event-stream: the scan has ended, and all was sent."},
}
_SILENCE = b":\n\n"
_EVENT_ID = Matches(r"^([0-9]{1,18}-[0-9]{1,18})?$", error="No id of an event.")


class Event(View):
    """Something that has happened to a scan."""

    event_id = fields.String()
    at = Time()
    action = fields.String()
    reason = fields.String()
    job_id = fields.Integer()
    scanner_id = fields.Integer()
    attempt = fields.Integer()


class EventsQuery(PageQuery):
    """Which events."""

    cursor = fields.String(load_default="", validate=_EVENT_ID)


class LastEvent(View):
    """Where a stream goes on."""

    last_event_id = fields.String(
        load_default="",
        validate=_EVENT_ID,
        data_key="Last-Event-ID",
        metadata={"description": "The last event that was received; wins over cursor."},
    )


_EVENT = Event()
_PROGRESS = Scan(only=PROGRESS)


def wants_stream() -> bool:
    """Whether the client asks for an event stream rather than for a page."""
    offered = ["application/json", EVENT_STREAM]
    return request.accept_mimetypes.best_match(offered) == EVENT_STREAM


def event_stream(news: Generator[News]) -> Response:
    """The news as they come, until the scan has ended or the client hangs up."""
    response = streamed(_written(news), EVENT_STREAM, nothing=NO_CONTENT)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would wait for more
    return response


def _written(news: Generator[News]) -> Generator[bytes]:
    with closing(news):
        for each in news:
            yield _text(each)


def _text(news: News) -> bytes:
    match news:
        case Happened(view):
            return _field("id", view["event_id"]) + _message(view["action"], _EVENT.dump(view))
        case Progressed(view):
            return _message("progress", _PROGRESS.dump(view))
        case Silence():
            return _SILENCE


def _message(event: str, data: Any) -> bytes:
    return _field("event", event) + _field("data", json.dumps(data)) + b"\n"


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\n".encode()
