"""Holds what the scan found against what is really open."""

from collections import Counter
from collections.abc import Iterable, Mapping

from cli.client import Document
from demo.services import Services

HOSTS = 256

Service = tuple[str, int]
Again = tuple[int, str, int, str, str]  # task, targets, attempt, who had it, who finished it


def complaints(
    services: Services, scan: Document, found: Iterable[Document], tasks: Iterable[Document]
) -> list[str]:
    """Return what is not as it must be, a sentence each; none when all is well."""
    return [
        *_wrong_findings(services.expected, found),
        *_wrong_coverage(scan),
        *_unfinished(tasks),
    ]


def redispatched(tasks: Iterable[Document], names: Mapping[int, str]) -> list[Again]:
    """Return the tasks that were handed out more than once; `names` are the scanners'."""
    return [
        (
            task["jobId"],
            ", ".join(task["targets"]),
            task["attempt"],
            ", ".join(names[scanner] for scanner in task["scannerIds"][:-1]),
            names[task["scannerId"]],
        )
        for task in sorted(tasks, key=lambda task: int(task["jobId"]))
        if task["attempt"] > 1
    ]


def _wrong_findings(expected: frozenset[Service], found: Iterable[Document]) -> list[str]:
    times = Counter((one["host"], one["port"]) for one in found if one["state"] == "open")
    return [
        *(f"missing: {host}:{port} is open" for host, port in sorted(expected - times.keys())),
        *(f"too much: {host}:{port} is not open" for host, port in sorted(times.keys() - expected)),
        *(f"double: {host}:{port}, {n} times" for (host, port), n in times.items() if n > 1),
    ]


def _wrong_coverage(scan: Document) -> list[str]:
    done, total = scan["hosts"]["done"], scan["hosts"]["total"]
    complete = done == total == HOSTS and scan["status"] == "completed"
    return [] if complete else [f"the scan is {scan['status']} with {done} of {HOSTS} hosts done"]


def _unfinished(tasks: Iterable[Document]) -> list[str]:
    return [
        f"task {task['jobId']} is {task['status']}"
        for task in tasks
        if task["status"] != "completed"
    ]
