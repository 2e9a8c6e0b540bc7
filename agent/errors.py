"""Everything the agent raises, as one tree.

AgentError
├── StartError            the agent cannot begin; `exit_code` says why
│   ├── OptionError       an option makes no sense
│   ├── KeyRefusedError   the server does not know the key
│   └── SpoolError        the spool folder cannot be used
├── UnreachableError      no answer, or none that could be read
├── JobError              a job that cannot be understood
└── EngineError           an engine could not finish its job
"""

from typing import ClassVar


class AgentError(Exception):
    """Something the agent knows how to report."""


class StartError(AgentError):
    """The agent cannot begin."""

    exit_code: ClassVar[int] = 1


class OptionError(StartError):
    """An option makes no sense."""

    exit_code = 2


class KeyRefusedError(StartError):
    """The server does not know the key."""

    exit_code = 3


class SpoolError(StartError):
    """The spool folder cannot be used."""

    exit_code = 4


class UnreachableError(AgentError):
    """No answer came, or none that could be read: whether the call counted is unknown."""


class JobError(AgentError):
    """A job that cannot be understood; the message becomes its errorMessage."""


class EngineError(AgentError):
    """An engine could not finish its job; the message becomes its errorMessage."""
