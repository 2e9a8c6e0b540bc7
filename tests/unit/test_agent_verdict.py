"""The contract's table of codes: what each refusal means, of one job and of a whole call."""

import pytest

from agent.client import Answer
from agent.verdict import Fault, Verdict, fault_of, judge

VERDICTS = [
    (None, Verdict.ACCEPTED),
    ("JOB_NOT_OWNED", Verdict.LOST),
    ("JOB_NOT_FOUND", Verdict.LOST),
    ("LEASE_LOST", Verdict.LOST),
    ("BATCH_GAP", Verdict.GAP),
    ("INVALID_TRANSITION", Verdict.REFUSED),
    ("VALIDATION_ERROR", Verdict.SPLIT),
    ("STORE_FULL", Verdict.LATER),
    ("", Verdict.LATER),
]
FAULTS = [
    (400, "MALFORMED_BODY", Fault.CONTENT),
    (413, "BODY_TOO_LARGE", Fault.CONTENT),
    (413, "", Fault.CONTENT),
    (422, "VALIDATION_ERROR", Fault.CONTENT),
    (403, "IP_BINDING_VIOLATION", Fault.ASKING),
    (403, "SCANNER_DISABLED", Fault.SCANNER),
    (403, "", Fault.SCANNER),
    (503, "STORE_FULL", Fault.RESULTS),
    (503, "STORE_UNAVAILABLE", Fault.PASSING),
    (401, "INVALID_API_KEY", Fault.PASSING),
    (400, "", Fault.PASSING),
    (404, "NOT_FOUND", Fault.PASSING),
    (404, "", Fault.PASSING),
    (429, "TOO_MANY", Fault.PASSING),
    (500, "", Fault.PASSING),
    (302, "", Fault.PASSING),
]


@pytest.mark.parametrize(("code", "verdict"), VERDICTS)
def test_every_code_has_its_meaning(code: str | None, verdict: Verdict) -> None:
    """Final refusals end what was said of a job; a code that nobody knows decides nothing."""
    assert judge(code) is verdict


@pytest.mark.parametrize(("status", "code", "fault"), FAULTS)
def test_every_answer_has_its_meaning(status: int, code: str, fault: Fault) -> None:
    """A call refused as a whole is narrowed where that helps; a proxy decides nothing more."""
    assert fault_of(Answer(status, 0.0, {"code": code})) is fault
