"""What a refusal means for us: the contract's table of codes, as data."""

from enum import Enum
from http import HTTPStatus

from agent.client import Answer


class Verdict(Enum):
    """What came of what was said about one job, and so what to do next."""

    ACCEPTED = "accepted"
    LATER = "later"  # nothing is decided: try again
    SPLIT = "split"  # too big, or some of it refused: try its halves
    GAP = "gap"  # the server counts fewer batches than we do
    LOST = "lost"  # the job is not ours any more: this needs no repeating
    REFUSED = "refused"  # it will never be accepted


_VERDICTS = {
    "VALIDATION_ERROR": Verdict.SPLIT,
    "BATCH_GAP": Verdict.GAP,
    "LEASE_LOST": Verdict.LOST,
    "JOB_NOT_OWNED": Verdict.LOST,
    "JOB_NOT_FOUND": Verdict.LOST,
    "INVALID_TRANSITION": Verdict.REFUSED,
}


def judge(code: str | None) -> Verdict:
    """The meaning of the code by which a job was refused; None where it was not."""
    return Verdict.ACCEPTED if code is None else _VERDICTS.get(code, Verdict.LATER)


class Fault(Enum):
    """What is wrong with a call that was refused as a whole."""

    CONTENT = "content"  # it is too big, or something in it cannot be read
    ASKING = "asking"  # we may not have jobs; what we have to say would be heard
    RESULTS = "results"  # there is no room for results; the rest would be heard
    SCANNER = "scanner"  # we may not go on
    PASSING = "passing"  # nothing is decided: try again


_CONTENT = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
_FAULTS = {
    "IP_BINDING_VIOLATION": Fault.ASKING,
    "STORE_FULL": Fault.RESULTS,
    "MALFORMED_BODY": Fault.CONTENT,
}


def fault_of(answer: Answer) -> Fault:
    """The meaning of a refusal. One without a code came from a proxy, but may be as final."""
    if answer.code in _FAULTS:
        return _FAULTS[answer.code]
    if answer.status in _CONTENT:
        return Fault.CONTENT
    return Fault.SCANNER if answer.status == HTTPStatus.FORBIDDEN else Fault.PASSING
