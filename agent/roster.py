"""The tasks that are being worked on, and the slots that are free."""

import threading

from agent.crew import Crew
from agent.job import JobRef
from agent.task import Task


class Roster:
    """Runs each task in a thread of its own; a slot that comes free is `news`."""

    def __init__(self, crew: Crew, *, slots: int, news: threading.Event) -> None:
        self._crew = crew
        self._slots = slots
        self._news = news
        self._lock = threading.Lock()
        self._tasks: dict[JobRef, Task] = {}
        self.ended = 0  # tasks, since the start

    @property
    def free(self) -> int:
        """How many more tasks may be begun."""
        with self._lock:
            return self._slots - len(self._tasks)

    def tasks(self) -> list[Task]:
        """All there are at this moment."""
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

    def _run(self, task: Task) -> None:
        try:
            task.run()
        finally:
            with self._lock:
                del self._tasks[task.ref]
                self.ended += 1
            self._news.set()
