"""What an answer to a call about a job means for us: the contract's table of codes, as data."""

from enum import Enum
from http import HTTPStatus

from agent.client import Answer


class Verdict(Enum):
    """What to do next."""

    ACCEPTED = "accepted"
    LATER = "later"  # nothing is decided: try again
    SPLIT = "split"  # too big, or some of it refused: try its halves
    GAP = "gap"  # the server counts fewer batches than we do
    LOST = "lost"  # the job is not ours any more: this call needs no repeating
    REFUSED = "refused"  # it will never be accepted


_BY_STATUS = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Verdict.SPLIT,
    HTTPStatus.UNPROCESSABLE_ENTITY: Verdict.SPLIT,
}
_BY_CODE = {
    "BATCH_GAP": Verdict.GAP,
    "LEASE_LOST": Verdict.LOST,
    "JOB_NOT_OWNED": Verdict.LOST,
    "JOB_NOT_FOUND": Verdict.LOST,
    "SCANNER_DISABLED": Verdict.LATER,
    "IP_BINDING_VIOLATION": Verdict.LATER,
}
_PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


def judge(answer: Answer) -> Verdict:
    """The meaning of an answer. A 4xx without a code came from a proxy, and decides nothing."""
    status = answer.status
    if answer.ok:
        return Verdict.ACCEPTED
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    if answer.code in _BY_CODE:
        return _BY_CODE[answer.code]
    if status in _PASSING or not answer.code or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict.LATER
    if status == HTTPStatus.NOT_FOUND:
        return Verdict.LOST
    return Verdict.REFUSED
