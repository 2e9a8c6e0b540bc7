"""Carries the outbox to the server: in order, again and again, for as long as it takes."""

import threading
from http import HTTPStatus

import structlog

from agent.dispatcher import Dispatcher
from agent.errors import UnreachableError
from agent.outbox import Outbox
from agent.spool import FINAL, Record
from agent.stream import Stream
from agent.verdict import Verdict, judge

log: structlog.stdlib.BoundLogger = structlog.get_logger()

TAKE_SECONDS = 0.5
_SERVER_WIDE = {  # what holds for every report alike
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


class Uploader:
    """One of several threads' work; `run` returns soon after `stopped` is set."""

    def __init__(self, outbox: Outbox, dispatcher: Dispatcher, stopped: threading.Event) -> None:
        self._outbox = outbox
        self._dispatcher = dispatcher
        self._stopped = stopped

    def run(self) -> None:
        """Send what is due."""
        while not self._stopped.is_set():
            taken = self._outbox.take(TAKE_SECONDS)
            if taken is not None:
                self._deliver(*taken)

    def _deliver(self, stream: Stream, record: Record | None) -> None:
        about = {"job_id": stream.ref.job_id, "attempt": stream.ref.attempt}
        if record is None:
            log.error("a torn spool entry is left out", action="spool-torn", **about)
            self._outbox.settle(stream, Verdict.REFUSED)
            return
        place = stream.first.place
        body = {**record.body} if place == FINAL else {**record.body, "batch": place}
        try:
            answer = self._dispatcher.report(stream.ref, record.call, body)
        except UnreachableError as error:
            log.warning("not sent", action="report-failed", error=str(error), **about)
            self._outbox.postpone(stream, retry_after=None, all_streams=True)
            return
        verdict = judge(answer)
        if verdict is not Verdict.ACCEPTED:
            log.warning(
                "a report was not accepted",
                action=f"report-{verdict.value}",
                call=record.call,
                answer=str(answer),
                **about,
            )
        if stream.listener:
            stream.listener(verdict, answer.sent_at)
        if verdict is Verdict.LATER:
            self._outbox.postpone(
                stream,
                retry_after=answer.retry_after,
                all_streams=answer.status in _SERVER_WIDE,
            )
        else:
            self._outbox.settle(stream, verdict)
