"""How a scan stands, in words."""

from datetime import timedelta

from cli.client import Document
from cli.output import clean, counted


def status(scan: Document) -> str:
    """Return the status, and why it waits or why it ended."""
    why = reason(scan)
    return f"{scan['status']} ({why})" if why else str(scan["status"])


def reason(scan: Document) -> str:
    """Return why the scan waits, or why it has ended; empty while it runs."""
    waiting = (scan["waitingFor"] or {}).get("message")
    return clean(waiting or ("" if scan["status"] == "running" else scan["statusReason"]))


def counts(scan: Document) -> str:
    """Return the numbers behind the bar, in one line."""
    hosts, tasks = scan["hosts"], scan["tasks"]
    flying = tasks["claimed"] + tasks["running"]
    failed = f", {hosts['failed']} failed" if hosts["failed"] else ""
    return (
        f"{hosts['done']} of {counted(hosts['total'], 'host')} done{failed}, "
        f"{counted(flying, 'task')} in flight, {counted(scan['resultCount'], 'result')}"
    )


def eta(scan: Document, form: str) -> str:
    """Return the time that is left, put into `form`; empty where it is not known."""
    seconds = scan["etaSeconds"]
    return "" if seconds is None else form.format(timedelta(seconds=round(seconds)))
