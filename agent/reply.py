"""What the server answered to a sync, read with care: what cannot be read decides nothing."""

from dataclasses import dataclass
from typing import Any

from agent.client import Answer
from agent.errors import JobError, UnreachableError
from agent.job import JobRef, parse_lease_seconds
from agent.verdict import Verdict, judge

SHORTEST_BEAT_SECONDS = 0.2
LONGEST_BEAT_SECONDS = 300.0


@dataclass(frozen=True)
class Reply:
    """An answer to one sync; control and refusals are for the attempts that it listed."""

    sent_at: float
    lease_seconds: float | None
    heartbeat_seconds: float | None
    drain: bool
    controls: dict[int, str]
    refusals: dict[int, str]

    def verdict_on(self, ref: JobRef) -> Verdict:
        """What came of what was said about a job."""
        lost = self.controls.get(ref.job_id) == "lease_lost"
        return Verdict.LOST if lost else judge(self.refusals.get(ref.job_id))


def parse_reply(answer: Answer) -> Reply:
    """Read an answer that the server gave with 200.

    Raises:
        UnreachableError: it does not say that it is ok, so it is not a dispatcher's.
    """
    body = answer.body
    if body.get("ok") is not True:
        raise UnreachableError(f"an answer that is none of a dispatcher: {answer}")
    return Reply(
        sent_at=answer.sent_at,
        lease_seconds=_lease_seconds(body),
        heartbeat_seconds=_beat_seconds(body.get("heartbeatSeconds")),
        drain=body.get("drain") is True,
        controls=_by_job(body.get("control"), "control"),
        refusals=_by_job(body.get("errors"), "code"),
    )


def _by_job(raw: object, field: str) -> dict[int, str]:
    """A word for each job; one that is no text is a word that nobody knows."""
    rows = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    words = [(row.get("jobId"), row.get(field)) for row in rows]
    return {
        job_id: word if isinstance(word, str) else ""
        for job_id, word in words
        if isinstance(job_id, int)
    }


def _lease_seconds(body: dict[str, Any]) -> float | None:
    try:
        return parse_lease_seconds(body)
    except JobError:
        return None


def _beat_seconds(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return min(LONGEST_BEAT_SECONDS, max(SHORTEST_BEAT_SECONDS, raw))
