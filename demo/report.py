"""What the demo tells, and its judgement in the end."""

from collections.abc import Iterable, Mapping

import click
from rich.text import Text

from cli.client import Document
from cli.output import print_table
from demo import verdict
from demo.fleet import Audit
from demo.services import Services
from demo.story import Story

COLOURS = {"north": "magenta", "east": "cyan", "west": "yellow"}


def say(text: str) -> None:
    """Tell one step."""
    click.echo(f"{click.style('▸', fg='cyan')} {text}")


def show(story: Story, services: Services, *, names: Mapping[int, str], audit: Audit) -> list[str]:
    """Print what was found and what was handed out again; return what is wrong, a sentence each."""
    scan, tasks, results = story.scan(), story.tasks(), story.results()
    _show_found(results, names)
    again = verdict.redispatched(tasks, names)
    _show_again(again)
    click.echo(f"\ncoverage {scan['hosts']['done']}/{scan['hosts']['total']}   {audit.said}")
    crashed = [] if again else ["no task was handed out again: no agent was killed at work"]
    audited = [] if audit.is_clean else [f"the audit is not clean:\n{audit.said}"]
    return [*verdict.complaints(services, scan, results, tasks), *crashed, *audited]


def show_verdict(wrong: Iterable[str], *, seconds: float) -> None:
    """Print what is wrong, or that nothing is."""
    sentences = list(wrong)
    for sentence in sentences:
        click.secho(f"✗ {sentence}", fg="red", err=True)
    if sentences:
        click.secho(f"✗ the demo failed, after {seconds:.0f} s", fg="red", bold=True, err=True)
    else:
        told = "exactly the opened services were found, nothing missing, nothing double"
        click.secho(f"✓ {told}, in {seconds:.0f} s", fg="green", bold=True)


def _show_found(results: Iterable[Document], names: Mapping[int, str]) -> None:
    found = sorted(
        (one for one in results if one["state"] == "open"),
        key=lambda one: (int(one["host"].rpartition(".")[2]), one["port"]),
    )
    click.secho(f"\nFound open: {len(found)}", bold=True)
    print_table(
        ("HOST", "PORT", "BANNER", "FOUND BY"),
        [
            (one["host"], one["port"], one.get("banner"), _coloured(names[one["scannerId"]]))
            for one in found
        ],
        empty="nothing",
    )


def _show_again(again: Iterable[verdict.Again]) -> None:
    rows = [(*facts, _coloured(lost), _coloured(finished)) for *facts, lost, finished in again]
    click.secho(f"\nHanded out again after the crash: {len(rows)} tasks", bold=True)
    print_table(("TASK", "TARGETS", "ATTEMPT", "LOST BY", "FINISHED BY"), rows)


def _coloured(name: str) -> Text:
    return Text(name, style=COLOURS.get(name, ""))
