"""How a watched scan is shown: live in a terminal, a line a change in a pipe, or as JSON."""

from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from cli.client import Document
from cli.output import STYLES, clean, print_json_line, terminal
from cli.standing import counts, eta, reason, status

STEPS = 20  # of progress inside running tasks that are each worth a line


class View(Protocol):
    """Shows a scan again and again, as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...

    def show(self, scan: Document) -> None:
        """Show how the scan stands now."""

    def away(self, why: str) -> None:
        """Say that the server cannot be asked just now."""

    def say(self, text: str) -> None:
        """Say something that stays."""


def view(*, as_json: bool) -> View:
    """Return the view that fits where the output goes."""
    if as_json:
        return JsonLines()
    return LiveView() if terminal().is_terminal else PlainLines()


class PlainLines:
    """One line a change."""

    def __init__(self) -> None:
        self._last: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        pass

    def show(self, scan: Document) -> None:
        """Print the scan where it is not as it was."""
        if (now := self._told(scan)) != self._last:
            self._last = now
            self._print(scan)

    def away(self, why: str) -> None:
        """Say so, once."""
        if self._last != why:
            self._last = why
            self.say(f"{why}; trying on")

    def say(self, text: str) -> None:
        """Print it among the lines."""
        click.echo(f"{_clock()}  {text}")

    def _told(self, scan: Document) -> object:
        return (status(scan), counts(scan), int(scan["progress"] * STEPS))

    def _print(self, scan: Document) -> None:
        left = eta(scan, ", about {} left")
        click.echo(f"{_clock()}  {status(scan)}  {counts(scan)}  {scan['progress']:.0%}{left}")


class JsonLines(PlainLines):
    """The scan as the server gives it, one document a change; anything else on standard error."""

    def say(self, text: str) -> None:
        """Print it on standard error, out of the documents' way."""
        click.echo(f"{_clock()}  {text}", err=True)

    def _told(self, scan: Document) -> object:
        return {name: value for name, value in scan.items() if name != "etaSeconds"}

    def _print(self, scan: Document) -> None:
        print_json_line(scan)


class LiveView:
    """A bar that moves, and what stands behind it."""

    def __init__(self) -> None:
        self._console = terminal()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[left]}"),
            console=self._console,
            expand=True,
        )
        self._task = self._bar.add_task("", total=None, left="")
        self._live = Live(console=self._console, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, scan: Document) -> None:
        """Move the bar, and say what stands behind it."""
        state = scan["status"]
        self._bar.update(
            self._task,
            description=f"[{STYLES.get(state, 'bold')}]{state}[/]",
            total=1.0,
            completed=scan["progress"],
            left=eta(scan, "{} left"),
        )
        self._behind(Text(counts(scan)), Text(reason(scan), style="yellow"))

    def away(self, why: str) -> None:
        """Keep what was known, and say since when it is old."""
        self._behind(Text(f"{clean(why)}; trying on", style="yellow"))

    def say(self, text: str) -> None:
        """Print it above the bar."""
        self._console.print(Text(clean(text), style="bold yellow"))

    def _behind(self, *lines: Text) -> None:
        self._live.update(Group(self._bar, *(line for line in lines if line.plain)))


def _clock() -> str:
    return datetime.now(UTC).astimezone().strftime("%H:%M:%S")
