"""Rows, a scan's record and exports of them, for the tests of each format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from dispatch.exports import FORMS, export

Row = dict[str, Any]

SCAN = {
    "id": "17", "spec": '{"name": "Office LAN"}', "job": '{"ports": "22,80"}', "ports": "2",
    "engine": "connect", "status": "completed", "created": "1700000000000",
    "started": "1700000001000", "finished": "1700000061500", "since": "1700000061500",
    "done": "256", "failed": "0",
}  # fmt: skip

# All that JSON in UTF-8 can bring, with a liking for what has upset others.
hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("\0\x1b\r\n\t\"'<>&=+-@,;]")
    ),
    max_size=40,
)
hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1"])
hostile_rows = st.builds(
    lambda host, state, optional: {"host": host, "state": state, **optional, **SOURCE},
    hosts,
    st.sampled_from(["open", "closed", "filtered", "up", "down"]),
    st.fixed_dictionaries(
        {},
        optional={
            "port": st.integers(1, 5),
            "protocol": st.sampled_from(["tcp", "udp"]),
            **dict.fromkeys(("name", "service", "product", "version", "banner"), hostile),
            "extra": st.dictionaries(st.sampled_from(["extrainfo", "n"]), hostile | st.integers()),
        },
    ),
)
SOURCE = {"jobId": 4, "scannerId": 2, "attempt": 1, "late": False}


def row(host: str, port: int | None = None, state: str = "open", **fields: Any) -> Row:
    """A row as the store gives it; of TCP where it has a port."""
    about = {"port": port, "protocol": "tcp"} if port else {}
    return {"host": host, **about, "state": state, **fields, **SOURCE}


def exported(form: str, rows: Iterable[Row], **scan: str) -> bytes:
    """The whole file."""
    return b"".join(export(rows, FORMS[form], {**SCAN, **scan}))


def exported_rows(rows: Iterable[Row]) -> list[Row]:
    """What is in the export as JSON lines."""
    return [json.loads(line) for line in exported("jsonl", rows).splitlines()]
