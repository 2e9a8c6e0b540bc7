"""`scandispatch scan pause|resume|cancel|rerun|delete|coverage`: the steps taken with a scan."""

import click

from cli.client import ApiClient, Document
from cli.names import find_scan
from cli.options import examples, json_option, operator
from cli.output import print_facts, print_json


def _step(name: str, help_text: str) -> click.Command:
    """A command that takes one step with one scan, and says how it stands then."""

    @click.command(name, help=help_text, epilog=examples(f"scandispatch scan {name} last"))
    @click.argument("scan", metavar="SCAN")
    @json_option
    @operator
    def command(api: ApiClient, *, scan: str, as_json: bool) -> None:
        now = api.post(f"/api/scans/{find_scan(api, scan)['scanId']}/{name}")
        _say(now, as_json=as_json)

    return command


def _say(now: Document, *, as_json: bool) -> None:
    if as_json:
        print_json(now)
    else:
        click.echo(f"scan {now['scanId']}: {now['status']}")


pause = _step(
    "pause",
    "Pause a scan.\n\nNothing more of it is handed out, and scanners at work on it are told to give"
    " back what they hold. It keeps its place in its queues.",
)
resume = _step("resume", "Resume a paused scan, in its old place.")
cancel = _step(
    "cancel",
    "Cancel a scan.\n\nNothing more of it is handed out, and scanners at work on it are told to"
    " stop. What was found is kept.",
)
rerun = _step("rerun", "Make a new scan of what is not done of a finished one.")


@click.command(epilog=examples("scandispatch scan delete last"))
@click.argument("scan", metavar="SCAN")
@operator
def delete(api: ApiClient, *, scan: str) -> None:
    """Delete a finished scan, its results too."""
    found = find_scan(api, scan)["scanId"]
    api.delete(f"/api/scans/{found}")
    click.echo(f"scan {found} is deleted")


@click.command(epilog=examples("scandispatch scan coverage last --json"))
@click.argument("scan", metavar="SCAN")
@json_option
@operator
def coverage(api: ApiClient, *, scan: str, as_json: bool) -> None:
    """Prove what was scanned: every address, by what became of it."""
    found = api.get(f"/api/scans/{find_scan(api, scan)['scanId']}/coverage")
    if as_json:
        print_json(found)
        return
    states = {"done": "done", "failed": "failed", "inFlight": "in flight"}
    states |= {"excluded": "excluded", "notReached": "not reached"}
    print_facts([("total", found["total"])])
    print_facts(
        (words, f"{found[state]}  {', '.join(found['ranges'][state])}")
        for state, words in states.items()
        if found[state]
    )
