"""What one call says: about each job one thing, from the spool, from its task, or from both."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.dispatcher import MOST_JOBS_A_SYNC
from agent.job import JobRef
from agent.letter import Letter
from agent.task import Task

_EARLY = 0.5  # of its pace: who was told of so long ago is told of in any call that goes out


@dataclass(frozen=True)
class Said:
    """About one job; at least one of task and letter is there."""

    ref: JobRef
    task: Task | None
    letter: Letter | None

    def as_json(self) -> dict[str, Any]:
        """A job of a sync."""
        return {
            "jobId": self.ref.job_id,
            "attempt": self.ref.attempt,
            "state": "running",
            **(self.task.progress if self.task else {}),
            **(self.letter.as_json() if self.letter else {}),
        }


def gather(letters: Iterable[Letter], tasks: Iterable[Task], now: float) -> list[Said]:
    """All letters, and the tasks that are due, longest untold first, as many as a call takes.

    Of two attempts at one job only one is told of, as an answer names jobs alone.
    """
    by_ref = {task.ref: task for task in tasks}
    said = {
        letter.ref.job_id: Said(letter.ref, by_ref.get(letter.ref), letter) for letter in letters
    }
    for task in sorted(by_ref.values(), key=lambda task: task.told_at):
        if now >= task.told_at + _EARLY * task.pace:
            said.setdefault(task.ref.job_id, Said(task.ref, task, None))
    return list(said.values())[:MOST_JOBS_A_SYNC]
