"""How the commands print: JSON for machines, tables and facts for people.

What scanners report comes from hosts that nobody trusts, so no control character of theirs
reaches the terminal.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 1000  # columns; a pipe's reader wants whole lines


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2))


def print_json_line(document: object) -> None:
    """Print one JSON document on one line, at once."""
    click.echo(json.dumps(document))


def terminal() -> Console:
    """Return a console on standard output, wide enough for whole lines where that is a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "none"
) -> None:
    """Print rows beneath their columns, or `empty` where there is none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(styled(cell) for cell in row))
    if table.row_count:
        terminal().print(table)
    else:
        click.echo(empty)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line; what has no value is left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts:
        if value not in (None, "", []):
            table.add_row(name, styled(value))
    terminal().print(table)


STYLES = {
    "online": "green",
    "open": "green",
    "up": "green",
    "completed": "green",
    "running": "cyan",
    "failed": "red",
    "offline": "red",
    "canceled": "yellow",
    "canceling": "yellow",
    "disabled": "yellow",
}


def styled(value: object) -> Text:
    """Return a value as text for a cell: clean, and in its status's colour where it is one."""
    if isinstance(value, Text):
        return value
    text = clean(value)
    return Text(text, style=STYLES.get(text, ""))


def clean(value: object) -> str:
    """Return a value as one line of text without control characters; None is empty."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(clean(item) for item in value)
    return "".join(c if c.isprintable() else "�" for c in str(value).strip())


def counted(number: int, one: str, many: str = "") -> str:
    """Return so many of something, in its singular or plural (by default with an s)."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def when(iso: Any) -> str:
    """Return an ISO time as people read it, to the second; None is empty."""
    return str(iso)[:19].replace("T", " ") + "Z" if iso else ""
