"""Scans: their records, segments, tasks and coverage."""

from __future__ import annotations

from collections.abc import Mapping

from domain.intervals import Interval, without
from domain.space import Segment
from domain.states import HELD
from queues.keys import SiteKeys
from queues.openings import Opening
from queues.outcomes import accepted
from queues.store import Asked, Page, Record, Store, flat
from queues.task_records import unpacked

COVERED_STATES = ("done", "failed", "excluded")
TASKS_A_STEP = 100
SCANNERS_ASKED = 16  # of one scan: enough to say what holds it up, in bounded time


class ScanStore(Store):
    """A record has the fields of lua/create_scan.lua; spec and job in it are JSON."""

    def create(
        self,
        keys: SiteKeys,
        fields: Mapping[str, str | int],
        segments: list[Segment],
        queues: list[str],
        *,
        openings: list[Opening] | None = None,
        rules: int = 0,
        port_list: int | None = None,
        asked: Asked = Asked(),  # noqa: B008 - frozen
    ) -> tuple[int, bool]:
        """Put a scan in its queues ('s' or 'g' and an id); answers its id, and if it was there.

        openings: as cut under that version of the site's rules; without, an interval a segment.
        Raises RulesChanged where they have changed meanwhile.
        """
        if openings is None:
            openings = [Opening(s.start, s.end, number) for number, s in enumerate(segments)]
        named = any(segment.name is not None for segment in segments)
        answer = self.scripts.run(
            "create_scan",
            keys,
            asked.name,
            asked.digest,
            segments[-1].end,
            rules,
            port_list or "",
            int(named),
            len(fields),
            len(queues),
            len(segments),
            *flat(fields),
            *queues,
            *(segment.encode() for segment in segments),
            *(opening.encode() for opening in openings),
        )
        return int(accepted(answer, "Scan")[0]), answer[0] == "repeated"

    def made_by(self, keys: SiteKeys, asked: Asked) -> int | None:
        """The scan that the same request made before, or None; the script has the last word."""
        before = self.client.get(keys.of("repeat", asked.name)) if asked.name else None
        digest, _, scan = (before or "").rpartition(":")
        return int(scan) if before and digest == asked.digest else None

    def cancel(self, keys: SiteKeys, scan: int, *, reason: str) -> None:
        """Drop what is open; who holds a task of it is told to stop."""
        accepted(self.scripts.run("cancel_scan", keys, scan, reason), f"Scan {scan}")

    def pause(self, keys: SiteKeys, scan: int, *, reason: str) -> None:
        """Hand out nothing more of it; who holds a task of it is told to pause."""
        accepted(self.scripts.run("pause_scan", keys, scan, reason), f"Scan {scan}")

    def resume(self, keys: SiteKeys, scan: int, *, reason: str) -> None:
        """Hand it out again, from its old place in its queues."""
        accepted(self.scripts.run("resume_scan", keys, scan, reason), f"Scan {scan}")

    def delete(self, keys: SiteKeys, scan: int) -> None:
        """Forget a finished scan."""
        word = "more"
        while word == "more":
            answer = self.scripts.run("delete_scan", keys, scan, TASKS_A_STEP)
            word = answer[0]
        accepted(answer, f"Scan {scan}")

    def get(self, keys: SiteKeys, scan: int) -> Record | None:
        """One record, or None."""
        found = self.record(keys, "scan", scan)
        return {"id": str(scan), **found} if found else None

    def some(self, keys: SiteKeys, *, status: str, limit: int, cursor: str) -> Page:
        """A page of records, of one status or ('') of all."""
        index = ("scans", status) if status else ("scans",)
        return self.page(keys, index, "scan", limit=limit, cursor=cursor)

    def explain(self, keys: SiteKeys, scan: int, *, least_rate: int = 1) -> tuple[str, str]:
        """The code of why it waits, or '', and the name of the limit that is in the way, or ''."""
        code, limit = self.scripts.run("explain", keys, scan, SCANNERS_ASKED, least_rate)
        return code, limit

    def tasks(self, keys: SiteKeys, scan: int, *, limit: int, cursor: str) -> Page:
        """A page of the tasks that are kept, newest first."""
        page = self.page(keys, ("scan", scan, "tasks"), "task", limit=limit, cursor=cursor)
        return Page([unpacked(task) for task in page.items], page.next_cursor)

    def segment(self, keys: SiteKeys, scan: int, number: str) -> Segment | None:
        """One segment, or None where the scan is gone."""
        text = self.client.hget(keys.of("scan", scan, "segments"), number)
        return Segment.decode(text) if text else None

    def segments(self, keys: SiteKeys, scan: int) -> list[Segment]:
        """All segments, in order."""
        texts = self.client.hgetall(keys.of("scan", scan, "segments"))
        return [Segment.decode(texts[number]) for number in sorted(texts, key=int)]

    def covered(self, keys: SiteKeys, scan: int) -> dict[str, list[Interval]]:
        """Intervals of done, failed, excluded and in_flight, ascending, no index in two of them."""
        with self.client.pipeline(transaction=True) as pipe:
            for state in COVERED_STATES:
                pipe.zrange(keys.of("scan", scan, state), 0, -1)
            pipe.zrange(keys.of("scan", scan, "tasks"), 0, -1)
            *rows, tasks = pipe.execute()
        covered = {
            state: [_interval(*row.split(":")) for row in found]
            for state, found in zip(COVERED_STATES, rows, strict=True)
        }
        ended = sorted(interval for state in covered.values() for interval in state)
        return {**covered, "in_flight": without(self._in_flight(keys, tasks), ended)}

    def _in_flight(self, keys: SiteKeys, tasks: list[str]) -> list[Interval]:
        found = map(unpacked, self.records(keys, "task", tasks))
        held = (task for task in found if task.get("status") in HELD)
        return sorted(_interval(task["first"], task["last"]) for task in held)


def _interval(first: str, last: str) -> Interval:
    return int(first), int(last)
