"""The entries of one job attempt in their order: numbered without a gap, whatever is refused."""

from agent.backoff import Backoff
from agent.job import JobRef
from agent.spool import FINAL, Entry, Record, Spool
from agent.verdict import Verdict


class Stream:
    """What one attempt still has to send. The outbox's lock is held around every method."""

    def __init__(self, ref: JobRef, spool: Spool, entries: list[Entry]) -> None:
        self.ref = ref
        self._spool = spool
        self._entries = entries
        self._next_batch = 1 + max((e.place for e in entries if e.place != FINAL), default=0)
        self.open = False  # its task may add to it
        self._apart = False  # one entry at a time, as two together were refused
        self.backoff = Backoff()
        self.not_before = 0.0

    @property
    def empty(self) -> bool:
        """Whether everything has been sent."""
        return not self._entries

    @property
    def head(self) -> list[Entry]:
        """What is sent next: a batch, the last word, or the last batch and the last word."""
        both = not self._apart and [entry.place for entry in self._entries[1:2]] == [FINAL]
        return self._entries[: 2 if both else 1]

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

    def settle(self, entries: int, verdict: Verdict) -> None:
        """Act on what came of the first entries, which were said together."""
        if verdict in {Verdict.ACCEPTED, Verdict.LOST}:
            for _ in range(entries):
                self.acknowledged()
        elif verdict is Verdict.GAP and self.close_gap():
            return
        elif entries > 1:
            self._apart = True
        elif verdict is not Verdict.SPLIT or not self.split():
            self.drop()

    def acknowledged(self) -> None:
        """The first entry has been taken."""
        self._spool.remove(self._entries.pop(0))

    def drop(self, position: int = 0) -> None:
        """An entry will never be taken: those behind it take its number."""
        dropped = self._entries.pop(position)
        self._spool.remove(dropped)
        if dropped.place != FINAL:
            self._renumber(-1)

    def close_gap(self) -> bool:
        """The server counts one batch fewer; False where the number cannot be lowered."""
        if self._entries[0].place in {1, FINAL}:
            return False
        self._renumber(-1)
        return True

    def split(self) -> bool:
        """Make two of the first batch; False where there is nothing to divide.

        The order of steps is such that a crash between them repeats results and loses none.
        """
        whole = self._entries[0]
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
