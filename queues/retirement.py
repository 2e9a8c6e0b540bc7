"""Deletes scanners and groups while the rest goes on: first retire the queue, then leave it."""

from __future__ import annotations

from domain.errors import NotFound
from domain.states import FINISHED, ScanStatus
from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.store import Store

SCANS_A_STEP = 100
_UNFINISHED = [status for status in ScanStatus if status not in FINISHED]


class RetirementStore(Store):
    """kind: "scanner" or "group"."""

    def retire(self, keys: SiteKeys, kind: str, item: int) -> None:
        """Take the queue out of service, and every scan out of the queue.

        Raises NotFound; Conflict where an unfinished scan has no other queue: then the queue is in
        service again, and has lost at most jobs of scans that others still have, where another
        operator took a scan's second queue away meanwhile.
        """
        queue = f"{kind[0]}{item}"
        subject = f"{kind.capitalize()} {item}"
        accepted(self.scripts.run("retire_queue", keys, queue, "1"), subject)
        for end_jobs in ("0", "1"):
            refusal = self._leave(keys, queue, end_jobs)
            if refusal:
                self.scripts.run("retire_queue", keys, queue, "0")
                accepted(refusal, subject)

    def delete(self, keys: SiteKeys, kind: str, item: int) -> bool:
        """Forget it; False where a scanner still holds tasks."""
        answer = self.scripts.run("delete_queue", keys, kind, item)
        if answer[0] == "busy":
            return False
        accepted(answer, f"{kind.capitalize()} {item}")
        return True

    def finish(self, keys: SiteKeys) -> int:
        """Delete the scanners whose last lease has gone; answers how many."""
        waiting = [int(scanner) for scanner in self.client.smembers(keys.of("retiring"))]
        gone = [scanner for scanner in waiting if self._gone(keys, scanner)]
        if gone:
            self.client.srem(keys.of("retiring"), *gone)
        return len(gone)

    def _gone(self, keys: SiteKeys, scanner: int) -> bool:
        try:
            return self.delete(keys, "scanner", scanner)
        except NotFound:
            return True

    def _leave(self, keys: SiteKeys, queue: str, end_jobs: str) -> list[str] | None:
        for status in _UNFINISHED:
            after = "0"
            while after:
                answer = self.scripts.run_timeless(
                    "leave_queue", keys, queue, status, after, SCANS_A_STEP, end_jobs
                )
                if answer[0] != "ok":
                    return answer
                after = answer[1]
        return None
