"""Logging: one form for our events and the libraries' records."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from workers.logs import set_up_logging


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON, our own events and a library's records have the same fields."""
    set_up_logging("json")

    structlog.get_logger("ours").warning("hello", action="greeted")
    logging.getLogger("theirs").warning("a %s", "record")

    ours, theirs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["action"], ours["logger"]) == ("hello", "greeted", "ours")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("a record", "warning", "theirs")
    assert theirs.keys() >= {"timestamp"}


def test_an_exception_is_told_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is one string within the line's object."""
    set_up_logging("json")

    try:
        int("broken")
    except ValueError:
        structlog.get_logger("ours").exception("failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """In text, a line says what happened, without colours where no terminal reads it."""
    set_up_logging("text")

    structlog.get_logger("ours").info("hello", action="greeted")

    said = capsys.readouterr().err
    assert "hello" in said
    assert "action=greeted" in said
    assert "\x1b" not in said
