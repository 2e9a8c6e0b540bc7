"""All that is still to be reported, kept in the spool until the server has it.

Entries of one job attempt go in order; those of different jobs overtake each other.
"""

import math
import threading
from collections.abc import Callable
from itertools import groupby
from typing import Any

import structlog

from agent import clock
from agent.findings import BATCH_BYTES
from agent.job import JobRef
from agent.letter import Letter
from agent.spool import Record, Spool
from agent.stream import Stream
from agent.verdict import Verdict

log: structlog.stdlib.BoundLogger = structlog.get_logger()

GATHER_SECONDS = 0.2  # for which a batch waits for others, and for its task's last word


class Outbox:
    """Tasks put, the conversation takes and settles; a former run's leavings come first.

    Each letter that was taken is settled before the next are.
    """

    def __init__(self, spool: Spool, *, now: Callable[[], float] = clock.now) -> None:
        self._spool = spool
        self._now = now
        self._lock = threading.Lock()
        self._disk_fails = False
        self.news = threading.Event()  # set whenever there is something to look at
        self._streams: dict[JobRef, Stream] = {
            ref: Stream(ref, spool, list(entries))
            for ref, entries in groupby(spool.entries(), key=lambda entry: entry.ref)
        }

    def open(self, ref: JobRef) -> None:
        """An attempt's task begins: its batches are numbered from here on."""
        with self._lock:
            self._stream(ref).open = True

    def close(self, ref: JobRef) -> None:
        """The attempt's task is over, and its slot free; what it left is sent nevertheless."""
        with self._lock:
            stream = self._stream(ref)
            stream.open = False
            if stream.not_before == math.inf:
                stream.not_before = self._now()
            self._forget_if_over(stream)

    @property
    def has_room(self) -> bool:
        """Whether further jobs may be begun."""
        with self._lock:
            return self._spool.has_room(BATCH_BYTES)

    @property
    def backlog(self) -> int:
        """Of how many attempts something is still to be sent."""
        with self._lock:
            return len(self._waiting())

    @property
    def due_at(self) -> float:
        """When the next letter is due, by the clock; infinity where there is none."""
        with self._lock:
            return min((stream.not_before for stream in self._waiting()), default=float("inf"))

    def put_results(self, ref: JobRef, results: list[dict[str, Any]]) -> bool:
        """Keep a batch; False where the spool or the disk is full."""
        return self._put(ref, Record("results", {"results": results}), final=False)

    def put_final(self, ref: JobRef, call: str, body: dict[str, Any]) -> bool:
        """Keep the last word on an attempt, even where the spool is full; False: disk is full."""
        return self._put(ref, Record(call, body), final=True)

    def letters(self, most_bytes: int) -> list[Letter]:
        """What is due, longest waiting first: one of a job, and the first whatever its size."""
        with self._lock:
            due = [stream for stream in self._waiting() if stream.not_before <= self._now()]
            taken: dict[int, Letter] = {}
            for stream in sorted(due, key=lambda stream: stream.not_before):
                size = sum(entry.size for entry in stream.head)
                room = most_bytes - sum(letter.size for letter in taken.values())
                if stream.ref.job_id not in taken and (not taken or size <= room):
                    taken |= self._letter(stream)
            return list(taken.values())

    def settle(self, letter: Letter, verdict: Verdict, *, retry_after: float | None = None) -> None:
        """Act on what came of a letter."""
        with self._lock:
            stream = self._streams[letter.ref]
            if verdict is Verdict.LATER:
                stream.not_before = self._now() + stream.backoff.failed(retry_after)
            else:
                stream.backoff.reset()
                stream.not_before = self._now()  # behind the others
                stream.settle(len(letter.entries), verdict)
            self._forget_if_over(stream)

    def _put(self, ref: JobRef, record: Record, *, final: bool) -> bool:
        with self._lock:
            stream = self._stream(ref)
            due_at = self._due_at(stream, final=final)
            try:
                kept = stream.append(record, final=final, force=final)
            except OSError as error:
                self._disk_failed(error)
                return False
            self._disk_fails = False
            stream.not_before = due_at
            if not final:  # its task's end is news, when its slot is free too
                self.news.set()
            return kept

    def _due_at(self, stream: Stream, *, final: bool) -> float:
        """When a stream is due to which something is put now; one that rests goes on resting."""
        if final and stream.backoff.fresh:  # where its task is open: once its slot is free
            return math.inf if stream.open else self._now()
        return self._now() + GATHER_SECONDS if stream.empty else stream.not_before

    def _disk_failed(self, error: OSError) -> None:
        """Say so once, not every time that a task tries again."""
        if not self._disk_fails:
            log.error("the spool cannot be written", action="spool-failed", error=str(error))
        self._disk_fails = True

    def _letter(self, stream: Stream) -> dict[int, Letter]:
        """The next letter of a stream by its job, if any; what is torn is left out."""
        while not stream.empty:
            entries = stream.head
            records = [self._spool.read(entry) for entry in entries]
            whole = [record for record in records if record is not None]
            if len(whole) == len(records):
                return {stream.ref.job_id: Letter(tuple(entries), tuple(whole))}
            log.error("a torn spool entry is left out", action="spool-torn", ref=str(stream.ref))
            stream.drop(records.index(None))
        self._forget_if_over(stream)
        return {}

    def _stream(self, ref: JobRef) -> Stream:
        return self._streams.setdefault(ref, Stream(ref, self._spool, []))

    def _waiting(self) -> list[Stream]:
        return [stream for stream in self._streams.values() if not stream.empty]

    def _forget_if_over(self, stream: Stream) -> None:
        if stream.empty and not stream.open:
            del self._streams[stream.ref]
