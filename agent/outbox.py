"""All that is still to be said to the server, kept in the spool until it has been heard.

Entries of one job attempt go in order, one at a time; those of different jobs overtake each other.
"""

import threading
import time
from collections.abc import Callable
from itertools import groupby
from typing import Any

import structlog

from agent.backoff import Backoff
from agent.findings import BATCH_BYTES
from agent.job import JobRef
from agent.spool import Record, Spool
from agent.stream import Listener, Stream
from agent.verdict import Verdict

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Outbox:
    """Tasks put, uploaders take; what a former run left behind comes first."""

    def __init__(self, spool: Spool, *, now: Callable[[], float] = time.monotonic) -> None:
        self._spool = spool
        self._now = now
        self._changed = threading.Condition()
        self._backoff = Backoff()
        self._not_before = 0.0
        self._disk_fails = False
        self._streams: dict[JobRef, Stream] = {
            ref: Stream(ref, spool, list(entries))
            for ref, entries in groupby(spool.entries(), key=lambda entry: entry.ref)
        }

    def listen(self, ref: JobRef, listener: Listener) -> None:
        """Have verdicts on an attempt's calls told to its task."""
        with self._changed:
            self._stream(ref).listener = listener

    @property
    def has_room(self) -> bool:
        """Whether further jobs may be begun."""
        with self._changed:
            return self._spool.has_room(BATCH_BYTES)

    @property
    def backlog(self) -> int:
        """Of how many attempts something is still to be sent."""
        with self._changed:
            return sum(not stream.empty for stream in self._streams.values())

    def put_results(self, ref: JobRef, results: list[dict[str, Any]]) -> bool:
        """Keep a batch; False where the spool or the disk is full."""
        return self._put(ref, Record("results", {"results": results}), final=False)

    def put_final(self, ref: JobRef, call: str, body: dict[str, Any]) -> bool:
        """Keep the last word on an attempt, even where the spool is full; False: disk is full."""
        return self._put(ref, Record(call, body), final=True)

    def _put(self, ref: JobRef, record: Record, *, final: bool) -> bool:
        with self._changed:
            try:
                kept = self._stream(ref).append(record, final=final, force=final)
            except OSError as error:
                self._disk_failed(error)
                return False
            self._disk_fails = False
            self._changed.notify_all()
            return kept

    def _disk_failed(self, error: OSError) -> None:
        """Say so once, not every time that a task tries again."""
        if not self._disk_fails:
            log.error("the spool cannot be written", action="spool-failed", error=str(error))
        self._disk_fails = True

    def wait_sent(self, ref: JobRef, seconds: float) -> bool:
        """Whether everything of an attempt has been sent, after at most so long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._sent(ref), seconds)

    def wait_change(self, seconds: float) -> None:
        """Until something was put or settled, at most so long."""
        with self._changed:
            self._changed.wait(seconds)

    def wake(self) -> None:
        """Have everybody who waits look up."""
        with self._changed:
            self._changed.notify_all()

    def close(self, ref: JobRef) -> None:
        """The attempt's task is over; what it left is sent nevertheless."""
        with self._changed:
            self._stream(ref).listener = None
            self._forget_if_over(ref)

    def take(self, seconds: float) -> tuple[Stream, Record | None] | None:
        """The next call that is due, its stream now busy; a torn one comes as None."""
        with self._changed:
            stream = self._due()
            if stream is None:
                self._changed.wait(self._until_due(seconds))
                return None
            stream.busy = True
            return stream, self._spool.read(stream.first)

    def settle(self, stream: Stream, verdict: Verdict) -> None:
        """Act on a final verdict on a stream's first entry, and let the stream go."""
        with self._changed:
            self._backoff.reset()
            stream.backoff.reset()
            self._settle(stream, verdict)
            self._let_go(stream)

    def postpone(self, stream: Stream, *, retry_after: float | None, all_streams: bool) -> None:
        """Nothing is decided: try again later, this stream or, where it is the server, all."""
        with self._changed:
            if all_streams:
                self._not_before = self._now() + self._backoff.failed(retry_after)
            else:
                stream.not_before = self._now() + stream.backoff.failed(retry_after)
            self._let_go(stream)

    def _let_go(self, stream: Stream) -> None:
        stream.busy = False
        self._forget_if_over(stream.ref)
        self._changed.notify_all()

    @staticmethod
    def _settle(stream: Stream, verdict: Verdict) -> None:
        if verdict in {Verdict.ACCEPTED, Verdict.LOST}:
            stream.acknowledged()
        elif verdict is Verdict.GAP and stream.close_gap():
            return
        elif verdict is not Verdict.SPLIT or not stream.split():
            stream.drop()

    def _stream(self, ref: JobRef) -> Stream:
        return self._streams.setdefault(ref, Stream(ref, self._spool, []))

    def _sent(self, ref: JobRef) -> bool:
        stream = self._streams.get(ref)
        return stream is None or stream.empty

    def _forget_if_over(self, ref: JobRef) -> None:
        stream = self._streams.get(ref)
        if stream and stream.empty and stream.listener is None and not stream.busy:
            del self._streams[ref]

    def _waiting(self) -> list[Stream]:
        return [s for s in self._streams.values() if not s.empty and not s.busy]

    def _due(self) -> Stream | None:
        stream = min(self._waiting(), key=self._when, default=None)
        return stream if stream and self._when(stream) <= self._now() else None

    def _when(self, stream: Stream) -> float:
        return max(stream.not_before, self._not_before)

    def _until_due(self, most: float) -> float:
        when = min(map(self._when, self._waiting()), default=None)
        return most if when is None else min(most, max(0.0, when - self._now()))
