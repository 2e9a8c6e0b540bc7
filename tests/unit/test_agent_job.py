"""Jobs as a hostile server may send them; options as an operator may mistype them."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import JobError, OptionError
from agent.job import parse_job, parse_ref
from agent.options import AgentOptions

GOOD: dict[str, Any] = {
    "jobId": 7,
    "attempt": 2,
    "scanId": 1,
    "leaseSeconds": 120,
    "engine": "connect",
    "engineArgs": {"banner": False},
    "targets": [{"range": "10.0.0.0/26", "ports": "22,80"}, {"range": "a.example", "ports": "1"}],
    "maxProbesPerSecond": 500,
    "exclusions": ["10.0.0.0/8"],
    "scopes": ["::/0"],
    "somethingNew": {},
}


def test_a_good_job_is_read() -> None:
    """Every field of the contract arrives; fields we do not know are let be."""
    job = parse_job(GOOD)

    assert (job.ref.job_id, job.ref.attempt, job.lease_seconds) == (7, 2, 120.0)
    assert [t.hosts for t in job.targets] == [64, 1]
    assert job.max_probes_per_second == 500
    assert [str(n) for n in (*job.exclusions, *job.scopes)] == ["10.0.0.0/8", "::/0"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("jobId", "7"),
        ("jobId", True),
        ("jobId", -1),
        ("jobId", 10**400),
        ("attempt", 1.5),
        ("leaseSeconds", None),
        ("leaseSeconds", 0),
        ("leaseSeconds", float("inf")),
        ("engine", None),
        ("engineArgs", []),
        ("targets", []),
        ("targets", "10.0.0.0/8"),
        ("targets", [None]),
        ("targets", [{"range": "10.0.0.0/8"}]),
        ("targets", [{"range": "-oN", "ports": "1"}]),
        ("maxProbesPerSecond", 0),
        ("maxProbesPerSecond", "5"),
        ("exclusions", ["a.example"]),
        ("scopes", [7]),
    ],
)
def test_an_odd_job_is_refused(field: str, value: object) -> None:
    """A field of the wrong kind is refused with a sentence, never guessed at."""
    with pytest.raises(JobError):
        parse_job({**GOOD, field: value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_no_json_breaks_the_reader(field: str, value: object) -> None:
    """Whatever JSON stands in a field: the job is read, or refused as a job."""
    read = None
    with suppress(JobError):
        read = parse_job({**GOOD, field: value})

    assert read is None or read.targets


@given(JSON)
def test_no_json_breaks_the_reference(raw: object) -> None:
    """Whatever comes instead of a job is refused as one."""
    with pytest.raises(JobError):
        parse_ref(raw)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x"},
        {"url": "localhost:8000"},
        {"api_key": "nodot"},
        {"api_key": ".secret"},
        {"api_key": "id."},
        {"api_key": "id.sec\nret"},
        {"slots": 0},
        {"max_probes_per_second": 0},
        {"spool_max_bytes": 0},
    ],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """A mistyped option is refused when it is given, not when it is needed."""
    good = {"url": "http://127.0.0.1", "api_key": "id.secret", "spool_dir": Path("x")}
    with pytest.raises(OptionError):
        AgentOptions(**{**good, **wrong})


def test_a_key_id_makes_one_folder_and_no_path() -> None:
    """A key id of path characters stays one folder name, and the secret is never shown."""
    options = AgentOptions(url="http://h", api_key="a/b~c d.s.e", spool_dir=Path("x"))

    assert options.spool_folder == Path("x/a%2Fb~c%20d")
    assert "s.e" not in repr(options)
