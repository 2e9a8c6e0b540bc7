"""Wires the parts of an agent together, keeps them running, and winds them down.

1. Beat until the server answers: one that does not know the key ends the agent here.
2. The conversation goes on until `stopping` is set. What a former run left in the spool goes out
   first.
3. Tasks give their jobs back; what the server does not take in time stays in the spool.
"""

import threading
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog

from agent import machine
from agent.asking import Asking
from agent.backoff import Backoff
from agent.client import Answer, Client
from agent.conversation import Conversation
from agent.crew import Crew
from agent.dispatcher import Dispatcher
from agent.engines.registry import engines_for
from agent.errors import KeyRefusedError, UnreachableError
from agent.job import JobRef
from agent.lease import Lease
from agent.options import AgentOptions
from agent.outbox import Outbox
from agent.reports import Reports
from agent.roster import Roster
from agent.spool import Spool
from agent.task import Task

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EXIT_BROKEN = 1
_TICK_SECONDS = 0.05


class Agent:
    """One agent, from its first heartbeat to its end."""

    def __init__(self, options: AgentOptions, spool: Spool) -> None:
        slots = options.slots or machine.default_slots()
        self._options = options
        self._crew = Crew()
        self._engines = engines_for(
            options.engines, slots=slots, max_probes_per_second=options.max_probes_per_second
        )
        self._client = Client(options)
        self._dispatcher = Dispatcher(
            self._client, boot_id=str(uuid.uuid4()), engines=list(self._engines)
        )
        self._outbox = Outbox(spool)
        self._roster = Roster(self._crew, slots=slots, news=self._outbox.news)

    @property
    def stopping(self) -> threading.Event:
        """Set it to have the agent stop in good order."""
        return self._crew.stopping

    def run(self) -> int:
        """Run until told to stop; answers the exit code.

        Raises:
            KeyRefusedError: the server does not know the key.
        """
        try:
            self._greet()
            log.info(
                "agent started",
                action="agent-started",
                engines=list(self._engines),
                backlog=self._outbox.backlog,
            )
            self._work()
        finally:
            self._client.close()
        log.info("agent stopped", action="agent-stopped", backlog=self._outbox.backlog)
        return EXIT_BROKEN if self._crew.broken else 0

    def _greet(self) -> None:
        backoff = Backoff()
        while not self.stopping.is_set():
            answer = self._first_beat()
            if answer is None:
                self.stopping.wait(backoff.failed())
            elif answer.status == HTTPStatus.UNAUTHORIZED:
                raise KeyRefusedError(f"the server does not accept this key: {answer}")
            else:
                return

    def _first_beat(self) -> Answer | None:
        try:
            return self._dispatcher.sync([], beat=True)
        except UnreachableError as error:
            log.warning("the server is not reached", action="server-away", error=str(error))
            return None

    def _work(self) -> None:
        conversation = Conversation(
            self._dispatcher,
            Reports(self._roster, self._outbox),
            Asking(self._roster, self._outbox, self.stopping, make_task=self._make_task),
            self._outbox.news,
        )
        thread = self._crew.spawn("conversation", conversation.run)
        self.stopping.wait()
        self._wind_down(conversation)
        conversation.end()
        thread.join(_TICK_SECONDS)

    def _wind_down(self, conversation: Conversation) -> None:
        """Stop the tasks, those too that an answer under way still brings; have their ends told."""
        deadline = time.monotonic() + self._options.stop_seconds
        while time.monotonic() < deadline and (
            self._roster.tasks() or self._outbox.backlog or conversation.speaking
        ):
            for task in self._roster.tasks():
                task.stop()
            time.sleep(_TICK_SECONDS)

    def _make_task(self, ref: JobRef, raw: Mapping[str, Any], lease: Lease) -> Task:
        return Task(
            ref,
            raw,
            lease=lease,
            outbox=self._outbox,
            engines=self._engines,
            options=self._options,
        )
