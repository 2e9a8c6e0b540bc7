"""One table from the word that a script answers to the exception that the caller meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain import errors

_GROUP = "There is no group {0} in this site."
_SCANNER = "There is no scanner {0} in this site."
_REUSED = "This Idempotency-Key was used before, with another request."


def _order(targets: str, tasks: str, jobs: str) -> errors.Invalid:
    sentence = (
        f"Job capacity ({jobs}) must not exceed task capacity ({tasks}), nor that the target "
        f"capacity ({targets})."
    )
    field = "taskCapacity" if int(tasks) > int(targets) else "jobCapacity"
    return errors.Invalid({field: [sentence]})


def _queue(queue: str) -> errors.Invalid:
    if queue.startswith("s"):
        return errors.Invalid({"scannerIds": [_SCANNER.format(queue[1:])]})
    return errors.Invalid({"groupIds": [_GROUP.format(queue[1:])]})


_REFUSALS: dict[str, Callable[..., errors.DispatchError]] = {
    "stale": errors.StaleRecord,
    "not_owned": errors.JobNotOwned,
    "lease_lost": errors.LeaseLost,
    "not_possible": lambda status: errors.InvalidTransition(f"The scan is {status}."),
    "unfinished": lambda status: errors.InvalidTransition(
        f"The scan is {status}; only a finished one can be deleted. Cancel it first."
    ),
    "only_queue": lambda scan: errors.Conflict(
        f"Scan {scan} has not ended and has no other scanner or group; cancel it first."
    ),
    "not_started": lambda: errors.InvalidTransition("Start this job first."),
    "gap": lambda last: errors.BatchGap(f"The last batch of this attempt was {last}."),
    "too_many": lambda size: errors.Invalid(
        {"hostsDone": [f"This job has only {size} addresses left."]}
    ),
    "reused": lambda: errors.Invalid({"Idempotency-Key": [_REUSED]}),
    "retired": lambda: errors.Conflict("This scanner is being deleted."),
    "too_many_groups": lambda scanner: errors.Invalid(
        {"groupIds": [f"Scanner {scanner} would be in more than 32 groups."]}
    ),
    "unknown_queue": _queue,
    "unknown_port_list": lambda port_list: errors.Invalid(
        {"portListId": [f"There is no port list {port_list} in this site."]}
    ),
    "unknown_group": lambda group: errors.Invalid({"groupIds": [_GROUP.format(group)]}),
    "unknown_scanner": lambda scanner: errors.Invalid({"scannerIds": [_SCANNER.format(scanner)]}),
    "capacity_order": _order,
    "rules_changed": errors.RulesChanged,
    "recut": lambda scan: errors.ScanToBeRecut(int(scan)),
    "taken": lambda cidr: errors.AlreadyExists(f"There is one for {cidr} already."),
    "too_many_rules": lambda most: errors.Conflict(
        f"This site has {most} rules of this kind, and cannot have more; join some of them."
    ),
    "named_scan": lambda scan: errors.Conflict(
        f"Scan {scan} has names among its targets, and names are not scanned on a site with "
        "subnet limits; cancel it first."
    ),
    "in_use": lambda scan: errors.Conflict(
        f"Scan {scan} uses it and has not ended; cancel that first."
    ),
}
_PLAIN = frozenset({"ok", "repeated"})


def refusal(answer: list[Any], subject: str) -> errors.DispatchError:
    """Why a script did not do what was asked, as the exception that says so."""
    try:
        accepted(answer, subject)
    except errors.DispatchError as error:
        return error
    raise AssertionError(f"{answer[0]} is no refusal")


def accepted(answer: list[Any], subject: str) -> list[Any]:
    """What a script answered beside its word, where it did what was asked; raises otherwise.

    subject: what the call was about ("Job 17", "Scan 3"), for the sentences.
    """
    word, rest = answer[0], answer[1:]
    if word in _PLAIN:
        return rest
    if word == "not_found":
        kind = errors.JobNotFound if subject.startswith("Job") else errors.NotFound
        raise kind(f"{subject} does not exist in this site.")
    if word == "ended":
        raise errors.InvalidTransition(f"{subject} has ended.")
    raise _REFUSALS[word](*rest)
