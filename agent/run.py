"""Runs an agent until a signal comes; what the command line calls."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType

import structlog

from agent.errors import StartError
from agent.options import AgentOptions
from agent.scanner_agent import Agent
from agent.spool import Spool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EXIT_SECOND_SIGNAL = 130
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

__all__ = ["AgentOptions", "run_agent"]


def run_agent(options: AgentOptions) -> int:
    """Run until SIGTERM or SIGINT; a second signal ends the process at once.

    Answers the exit code: 0 after an orderly stop, 1 where the agent broke, and for an agent that
    could not start what `errors` says: 2 an option, 3 the key, 4 the spool folder.
    """
    try:
        with closing(Spool(options.spool_folder, max_bytes=options.spool_max_bytes)) as spool:
            agent = Agent(options, spool)
            with _signals_set(agent.stopping):
                return agent.run()
    except StartError as error:
        log.error(  # noqa: TRY400 - the message says it all
            "the agent cannot start", action="agent-refused", error=str(error)
        )
        return error.exit_code


@contextmanager
def _signals_set(stopping: threading.Event) -> Iterator[None]:
    """While inside, a signal asks for an orderly stop; only a main thread may listen for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(EXIT_SECOND_SIGNAL)
        log.info("signal", action="agent-signal", signal=signal.Signals(number).name)
        stopping.set()

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
