"""How a command ends when it cannot do what was asked: one exception a kind, one exit code a kind.

CliError             1  the thing asked for failed
├── WrongSettings    2  the environment holds what is not allowed
├── Refused          3  the server said no (4xx), or does not know the name
│   ├── NotFound     3  it has nothing there
│   └── IsThere      3  it has one already
└── Unavailable      4  no server there, or it cannot serve now
    └── NotAllowed   4  it does not take this token

Click itself exits with 2 on wrong usage; 130 is Ctrl-C.
"""

import click

EXIT_CODES = """\b
Exit codes:
  0    done
  1    what was asked for failed (a watched scan failed or was canceled,
       the audit found a difference)
  2    wrong usage, or wrong settings
  3    the server refused: the message says which field and why
  4    the server is not reachable or cannot serve, or does not take the token
  130  interrupted with Ctrl-C"""


class CliError(click.ClickException):
    """What went wrong, and in `hint` what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def format_message(self) -> str:
        """Return the message, and below it what to do next."""
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class WrongSettings(CliError):
    """The settings that come from the environment cannot be used."""

    exit_code = 2


class Refused(CliError):
    """The server refused, and trying again will not help."""

    exit_code = 3


class NotFound(Refused):
    """The server has nothing at that place."""


class IsThere(Refused):
    """The server has one already."""


class Unavailable(CliError):
    """The server did not answer, or cannot serve; trying again later may help."""

    exit_code = 4


class NotAllowed(Unavailable):
    """The server does not take this token, or not for this."""
