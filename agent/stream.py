"""The entries of one job attempt in their order: numbered without a gap, whatever is refused."""

from collections.abc import Callable

from agent.backoff import Backoff
from agent.job import JobRef
from agent.spool import FINAL, Entry, Record, Spool
from agent.verdict import Verdict

Listener = Callable[[Verdict, float], None]  # told the verdict and when the call was sent


class Stream:
    """What one attempt still has to send. The outbox's lock is held around every method."""

    def __init__(self, ref: JobRef, spool: Spool, entries: list[Entry]) -> None:
        self.ref = ref
        self._spool = spool
        self._entries = entries
        self._next_batch = 1 + max((e.place for e in entries if e.place != FINAL), default=0)
        self.listener: Listener | None = None
        self.backoff = Backoff()
        self.not_before = 0.0
        self.busy = False

    @property
    def empty(self) -> bool:
        """Whether everything has been sent."""
        return not self._entries

    @property
    def first(self) -> Entry:
        """What is sent next."""
        return self._entries[0]

    def append(self, record: Record, *, final: bool, force: bool) -> bool:
        """Keep one more call; False where there is no room."""
        place = FINAL if final else self._next_batch
        entry = Entry(self.ref.job_id, self.ref.attempt, place)
        written = self._spool.write(entry, record, force=force)
        if written is None:
            return False
        self._entries.append(written)
        if not final:
            self._next_batch += 1
        return True

    def acknowledged(self) -> None:
        """The first entry has been taken."""
        self._spool.remove(self._entries.pop(0))

    def drop(self) -> None:
        """The first entry will never be taken: those behind it take its number."""
        dropped = self._entries.pop(0)
        self._spool.remove(dropped)
        if dropped.place != FINAL:
            self._renumber(-1)

    def close_gap(self) -> bool:
        """The server counts one batch fewer; False where the number cannot be lowered."""
        if self.first.place in {1, FINAL}:
            return False
        self._renumber(-1)
        return True

    def split(self) -> bool:
        """Make two of the first batch; False where there is nothing to divide.

        The order of steps is such that a crash between them repeats results and loses none.
        """
        whole = self.first
        record = self._spool.read(whole)
        if record is None or len(record.body.get("results", ())) < 2:  # noqa: PLR2004 - halves
            return False
        results = record.body["results"]
        middle = len(results) // 2
        self._entries.pop(0)
        self._renumber(+1)
        second = Entry(whole.job_id, whole.attempt, whole.place + 1)
        halves = [
            self._spool.write(place, Record(record.call, {"results": part}), force=True)
            for place, part in ((second, results[middle:]), (whole, results[:middle]))
        ]
        self._entries[:0] = [half for half in reversed(halves) if half is not None]
        return True

    def _renumber(self, by: int) -> None:
        """Shift every batch there is, beginning where the way is free."""
        order = range(len(self._entries))
        for position in order if by < 0 else reversed(order):
            entry = self._entries[position]
            if entry.place != FINAL:
                self._entries[position] = self._spool.move(entry, entry.place + by)
        self._next_batch += by
