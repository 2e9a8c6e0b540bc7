"""What the operator's commands share: the way to the server, `--json`, their help's form."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.client import ApiClient
from cli.connection import find_connection
from cli.errors import EXIT_CODES

Command = Callable[..., None]

DATA_FOLDER = Path(".data")


class Folder(click.Path):
    """A folder, which need not be there; `~` is a home even where no shell made it one."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it as a `Path`; fail where it is a file, or nobody's home."""
        try:
            home = Path(value).expanduser()
        except RuntimeError as problem:
            self.fail(str(problem), param, ctx)
        return super().convert(home, param, ctx)


data_option = click.option(
    "--data",
    type=Folder(),
    default=DATA_FOLDER,
    show_default=True,
    help="The data folder of `scandispatch up`, with operator.json in it.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for a program to read."
)


def operator(command: Command) -> Command:
    """Give a command the options that say where the server is, and the client as `api`."""

    @click.option("--url", envvar="SCANDISPATCH_URL", help="The server.  [env: SCANDISPATCH_URL]")
    @click.option(
        "--token", envvar="SCANDISPATCH_TOKEN", help="Your token.  [env: SCANDISPATCH_TOKEN]"
    )
    @data_option
    @click.option("--site", help="The site, where the token is good for all of them.")
    @functools.wraps(command)
    def run(
        *, url: str | None, token: str | None, data: Path, site: str | None, **options: Any
    ) -> None:
        with ApiClient(find_connection(url, token, data), site=site) as api:
            command(api=api, **options)

    return run


def examples(*lines: str, exit_codes: str = EXIT_CODES) -> str:
    """Return an epilog: the examples, then the exit codes."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExamples:\n{shown}\n\n{exit_codes}"
