"""What an audit finds, and how it looks: one transaction, so that what it sees is of one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Record = dict[str, str]
Ask = Callable[[Any], None]

FINISHED = frozenset({"completed", "failed", "canceled"})


class MovedError(Exception):
    """What was to be read changed between finding it and reading it; look again."""


@dataclass(frozen=True, slots=True, order=True)
class Discrepancy:
    """Something that does not add up. kind: which invariant; subject: whose."""

    kind: str
    subject: str
    message: str


def look(client: Any, ask: Ask) -> list[Any]:
    """Answer what `ask` asks of a pipeline, all of one moment."""
    with client.pipeline(transaction=True) as pipe:
        ask(pipe)
        answers: list[Any] = pipe.execute()
    return answers


def interval(row: str) -> tuple[int, int]:
    """Read the first and the last (exclusive) index of a stored interval."""
    first, last = row.split(":")[:2]
    return int(first), int(last)


def size(intervals: list[tuple[int, int]]) -> int:
    """How many indices."""
    return sum(last - first for first, last in intervals)
