"""`scandispatch agent`: run a scanner on this machine."""

from pathlib import Path
from typing import TextIO

import click

from agent.errors import OptionError
from agent.options import AgentOptions
from agent.run import run_agent
from cli.options import Folder, examples

EXIT_CODES = """\b
Exit codes:
  0    stopped in good order
  1    broken
  2    wrong usage, or an engine that is not installed
  3    the server does not know the key
  4    the spool folder cannot be used
  130  told to stop twice"""


@click.command(
    epilog=examples(
        "SCANDISPATCH_API_KEY=… scandispatch agent --url https://dispatch.example.org",
        "scandispatch agent --url http://127.0.0.1:8080 --api-key-file lab-1.key --engine nmap",
        exit_codes=EXIT_CODES,
    )
)
@click.option(
    "--url", envvar="SCANDISPATCH_URL", required=True, help="The server.  [env: SCANDISPATCH_URL]"
)
@click.option(
    "--api-key",
    envvar="SCANDISPATCH_API_KEY",
    help="The scanner's key. From the environment or a file it is not in the process list."
    "  [env: SCANDISPATCH_API_KEY]",
)
@click.option("--api-key-file", type=click.File(), help="A file with nothing but the key.")
@click.option(
    "--engine",
    "engines",
    type=click.Choice(["connect", "nmap"]),
    multiple=True,
    help="What it may probe with; may be repeated.  [default: all that run here]",
)
@click.option("--slots", type=click.IntRange(min=1), help="Tasks in work at once.")
@click.option("--max-rate", type=click.IntRange(min=1), help="Probes a second, over all tasks.")
@click.option(
    "--spool",
    type=Folder(),
    default=Path(".data/spool"),
    show_default=True,
    help="Where reports wait until the server has them.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The authorities that may vouch for the server, instead of this machine's.",
)
def agent(
    *,
    url: str,
    api_key: str | None,
    api_key_file: TextIO | None,
    engines: tuple[str, ...],
    slots: int | None,
    max_rate: int | None,
    spool: Path,
    ca_file: Path | None,
) -> None:
    """Run a scanner: take work, probe, report.

    It runs as any user, and must reach the server by HTTP, and the targets. On SIGTERM and Ctrl-C
    it gives back what it holds, and ends.
    """
    key = api_key_file.read().strip() if api_key_file else api_key
    if not key:
        raise click.UsageError("No API key: give --api-key-file, or set SCANDISPATCH_API_KEY.")
    try:
        options = AgentOptions(
            url=url,
            api_key=key,
            spool_dir=spool,
            engines=engines,
            slots=slots,
            max_probes_per_second=max_rate,
            ca_file=ca_file,
        )
    except OptionError as problem:
        raise click.UsageError(f"{problem}.") from problem
    raise click.exceptions.Exit(run_agent(options))
