"""API keys: how one is shown, the only time that it is, and `scandispatch scanner new-key`."""

import shlex

import click
from rich.panel import Panel
from rich.text import Text

from cli.client import ApiClient, Document
from cli.errors import CliError
from cli.names import find_ids
from cli.options import examples, operator
from cli.output import terminal


def show_key(made: Document, url: str) -> None:
    """Show the API key in an answer, and how to use it; raise CliError where there is none."""
    if "apiKey" not in made:
        raise CliError(
            f"scanner {made['name']} was made, but its key was lost with the first answer",
            hint=f"make a new one: scandispatch scanner new-key {made['scannerId']}",
        )
    click.echo(f"scanner {made['name']} has the id {made['scannerId']}")
    terminal().print(Panel.fit(Text(made["apiKey"], style="bold"), title="API key, shown only now"))
    click.echo("Run it where it shall scan from:\n")
    click.echo(f"  SCANDISPATCH_API_KEY={made['apiKey']} \\\n    {agent_command(url)}\n")
    click.echo("or put the key into a file, and add --api-key-file FILE")


def agent_command(url: str) -> str:
    """Return the shell command that runs an agent against `url`."""
    return shlex.join(["scandispatch", "agent", "--url", url])


@click.command(epilog=examples("scandispatch scanner new-key lab-1 --grace-seconds 600"))
@click.argument("name", metavar="SCANNER")
@click.option(
    "--grace-seconds",
    type=click.IntRange(min=0),
    default=3600,
    show_default=True,
    help="For how long the old keys live on.",
)
@operator
def new_key(api: ApiClient, *, name: str, grace_seconds: int) -> None:
    """Make a new API key for a scanner, and show it: this once, and never again."""
    (found,) = find_ids(api, "scanner", [name])
    made = api.post(f"/api/scanners/{found}/keys", {"graceSeconds": grace_seconds})
    show_key({**made, "name": name}, api.connection.url)
