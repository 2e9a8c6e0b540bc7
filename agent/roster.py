"""The tasks that are being worked on, and the slots that are free."""

import threading

from agent.crew import Crew
from agent.job import JobRef
from agent.task import Task


class Roster:
    """Runs each task in a thread of its own; one that has ended is `news`."""

    def __init__(self, crew: Crew, *, slots: int, news: threading.Event) -> None:
        self._crew = crew
        self._slots = slots
        self._news = news
        self._lock = threading.Lock()
        self._tasks: dict[JobRef, Task] = {}
        self._over: list[Task] = []  # have run, and hold their slots still
        self.ended = 0  # tasks whose slots came free, since the start

    @property
    def free(self) -> int:
        """How many more tasks may be begun."""
        with self._lock:
            return self._slots - len(self._tasks) - len(self._over)

    def tasks(self) -> list[Task]:
        """All that are at work at this moment."""
        with self._lock:
            return list(self._tasks.values())

    def holds(self, ref: JobRef) -> bool:
        """Whether this attempt is being worked on already."""
        with self._lock:
            return ref in self._tasks

    def begin(self, task: Task) -> None:
        """Give a task a slot and a thread."""
        with self._lock:
            self._tasks[task.ref] = task
        self._crew.spawn(f"task-{task.ref.job_id}", lambda: self._run(task))

    def free_slots(self) -> None:
        """Of tasks that are over, whose last words are due from now on: one call does for both."""
        with self._lock:
            over, self._over = self._over, []
            self.ended += len(over)
        for task in over:
            task.close()

    def _run(self, task: Task) -> None:
        try:
            task.run()
        finally:
            with self._lock:
                self._over.append(self._tasks.pop(task.ref))
            self._news.set()
