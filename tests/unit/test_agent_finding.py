"""What is sent about a finding: bounded, printable, complete."""

import ipaddress
import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent.finding import Finding
from agent.text import printable

HOST = ipaddress.ip_address("::1")


@given(st.binary(max_size=3000))
def test_any_banner_becomes_printable_text(raw: bytes) -> None:
    """Whatever a service says: no control characters, no lone surrogates, at most 1024."""
    shown = printable(raw, 1024)

    assert shown.isprintable()
    assert len(shown) <= 1024
    assert json.dumps(shown).encode()


@given(st.text(st.characters(), max_size=50))
def test_any_text_becomes_encodable(raw: str) -> None:
    """Text from elsewhere, lone surrogates and all, can be encoded afterwards."""
    assert printable(raw, 20).encode("utf-8").decode() == printable(raw, 20)


def test_a_finding_says_only_what_it_knows() -> None:
    """Unknown fields are left out; the time is UTC."""
    finding = Finding(
        host=HOST,
        state="open",
        port=22,
        protocol="tcp",
        observed_at=datetime(2026, 1, 2, tzinfo=UTC),
    )

    assert finding.as_json() == {
        "host": "::1",
        "port": 22,
        "protocol": "tcp",
        "state": "open",
        "observedAt": "2026-01-02T00:00:00Z",
    }


def test_long_fields_are_cut() -> None:
    """No field is longer than the contract bears."""
    row = Finding(
        host=HOST,
        state="down",
        name="n" * 999,
        banner="b" * 9999,
        product="p" * 999,
        error="e" * 999,
    ).as_json()

    assert (len(row["name"]), len(row["banner"]), len(row["product"])) == (253, 1024, 256)
    assert len(row["extra"]["error"]) == 256
