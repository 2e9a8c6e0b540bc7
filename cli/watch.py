"""`scandispatch scan watch`: follow a scan to its end, through restarts of the server."""

import time
from collections.abc import Callable, Iterable, Iterator

import click

from cli.client import ApiClient, Document
from cli.errors import CliError, NotAllowed, Unavailable
from cli.names import find_scan
from cli.options import examples, json_option, operator
from cli.progress import view

ENDED = {"completed", "failed", "canceled"}
HINTS = {
    "failed": "what its tasks failed at: `scandispatch scan tasks {}`",
    "canceled": "what it did is kept: `scandispatch scan show {}`",
}
INTERVAL_SECONDS = 1.0


@click.command(
    epilog=examples("scandispatch scan watch last", "scandispatch scan watch last --json")
)
@click.argument("scan", metavar="SCAN")
@json_option
@operator
def watch(api: ApiClient, *, scan: str, as_json: bool) -> None:
    """Watch a scan until it has ended.

    A server that is away is waited for. With --json there is a document on a line for every change.
    Ctrl-C ends the watching, not the scan.
    """
    watch_to_the_end(api, find_scan(api, scan)["scanId"], as_json=as_json)


def watch_to_the_end(
    api: ApiClient,
    scan_id: int,
    *,
    as_json: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Show the scan until it has ended; raise CliError unless it was completed."""
    try:
        scan = _show_all(follow(api, f"/api/scans/{scan_id}", sleep=sleep), as_json=as_json)
    except KeyboardInterrupt:
        again = f"`scandispatch scan watch {scan_id}`"
        click.echo(f"scan {scan_id} goes on; watch it again with {again}", err=True)
        raise
    if scan and scan["status"] != "completed":
        raise CliError(
            f"scan {scan_id} ended as {scan['status']}",
            hint=HINTS[scan["status"]].format(scan_id),
        )


def _show_all(states: Iterable[Document | Unavailable], *, as_json: bool) -> Document | None:
    """Show one state after the other; return the last that is known."""
    scan: Document | None = None
    with view(as_json=as_json) as shown:
        for seen in states:
            if isinstance(seen, Unavailable):
                shown.away(seen.message)
            else:
                scan = seen
                shown.show(scan)
    return scan


def follow(
    api: ApiClient,
    path: str,
    *,
    interval_seconds: float = INTERVAL_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Document | Unavailable]:
    """Yield how the scan at `path` stands, or why that cannot be asked, until it has ended."""
    while True:
        try:
            scan = api.get(path)
        except NotAllowed:
            raise
        except Unavailable as problem:
            yield problem
        else:
            yield scan
            if scan["status"] in ENDED:
                return
        sleep(interval_seconds)
