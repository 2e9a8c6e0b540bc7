"""The contract's table of codes: what each answer means for a report."""

import pytest

from agent.client import Answer
from agent.verdict import Verdict, judge

TABLE = [
    (200, "", Verdict.ACCEPTED),
    (401, "INVALID_API_KEY", Verdict.LATER),
    (403, "SCANNER_DISABLED", Verdict.LATER),
    (403, "JOB_NOT_OWNED", Verdict.LOST),
    (404, "JOB_NOT_FOUND", Verdict.LOST),
    (409, "LEASE_LOST", Verdict.LOST),
    (409, "BATCH_GAP", Verdict.GAP),
    (409, "INVALID_TRANSITION", Verdict.REFUSED),
    (400, "MALFORMED_BODY", Verdict.REFUSED),
    (413, "BODY_TOO_LARGE", Verdict.SPLIT),
    (413, "", Verdict.SPLIT),
    (422, "VALIDATION_ERROR", Verdict.SPLIT),
    (429, "TOO_MANY", Verdict.LATER),
    (500, "", Verdict.LATER),
    (503, "STORE_UNAVAILABLE", Verdict.LATER),
    (302, "", Verdict.LATER),
    (404, "", Verdict.LATER),
    (403, "", Verdict.LATER),
]


@pytest.mark.parametrize(("status", "code", "verdict"), TABLE)
def test_every_answer_has_its_meaning(status: int, code: str, verdict: Verdict) -> None:
    """Final refusals end a report, everything passing is tried again; a proxy decides nothing."""
    assert judge(Answer(status, 0.0, {"code": code})) is verdict
